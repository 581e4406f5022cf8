package gpt2j.bench.visualize;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;

/** Writes an animated GIF that plays for ever, picture by picture. */
final class GifFile implements AutoCloseable {
  private static final String FORMAT = "javax_imageio_gif_image_1.0";

  /** NETSCAPE2.0's block that says how often to play: 0 for no end. */
  private static final byte[] ENDLESS = {1, 0, 0};

  private final ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
  private final ImageOutputStream output;
  private boolean begun;

  GifFile(Path file) throws IOException {
    // Else what was there before stays behind a shorter file's end.
    Files.deleteIfExists(file);
    output = ImageIO.createImageOutputStream(file.toFile());
    if (output == null) {
      throw new IOException("can't write");
    }
    writer.setOutput(output);
    writer.prepareWriteSequence(null);
  }

  /**
   * Adds a picture of indexed colours.
   *
   * @param delay how long it is shown, in hundredths of a second exactly
   */
  void add(BufferedImage image, Duration delay) throws IOException {
    IIOMetadata metadata =
        writer.getDefaultImageMetadata(
            ImageTypeSpecifier.createFromRenderedImage(image), writer.getDefaultWriteParam());
    IIOMetadataNode root = (IIOMetadataNode) metadata.getAsTree(FORMAT);
    IIOMetadataNode control = child(root, "GraphicControlExtension");
    control.setAttribute("disposalMethod", "none");
    control.setAttribute("userInputFlag", "FALSE");
    control.setAttribute("transparentColorFlag", "FALSE");
    control.setAttribute("transparentColorIndex", "0");
    control.setAttribute("delayTime", Long.toString(delay.toMillis() / 10));
    if (!begun) {
      IIOMetadataNode application = new IIOMetadataNode("ApplicationExtension");
      application.setAttribute("applicationID", "NETSCAPE");
      application.setAttribute("authenticationCode", "2.0");
      application.setUserObject(ENDLESS.clone());
      child(root, "ApplicationExtensions").appendChild(application);
      begun = true;
    }
    metadata.setFromTree(FORMAT, root);
    writer.writeToSequence(new IIOImage(image, null, metadata), null);
  }

  private static IIOMetadataNode child(IIOMetadataNode root, String name) {
    for (int i = 0; i < root.getLength(); i++) {
      if (root.item(i).getNodeName().equals(name)) {
        return (IIOMetadataNode) root.item(i);
      }
    }
    IIOMetadataNode child = new IIOMetadataNode(name);
    root.appendChild(child);
    return child;
  }

  @Override
  public void close() throws IOException {
    try {
      writer.endWriteSequence();
      output.close();
    } finally {
      writer.dispose();
    }
  }
}
