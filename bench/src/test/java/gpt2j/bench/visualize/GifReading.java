package gpt2j.bench.visualize;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageInputStream;

/** Reads films. */
final class GifReading {
  private GifReading() {}

  /**
   * A film.
   *
   * @param plays how often it is to be played; 0 for no end, −1 when the file doesn't say
   */
  record Film(List<BufferedImage> frames, List<Duration> delays, int plays) {}

  static Film read(Path file) throws IOException {
    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    try (ImageInputStream input = ImageIO.createImageInputStream(file.toFile())) {
      reader.setInput(input);
      List<BufferedImage> frames = new ArrayList<>();
      List<Duration> delays = new ArrayList<>();
      int plays = -1;
      for (int i = 0; i < reader.getNumImages(true); i++) {
        frames.add(reader.read(i));
        IIOMetadataNode root =
            (IIOMetadataNode) reader.getImageMetadata(i).getAsTree("javax_imageio_gif_image_1.0");
        IIOMetadataNode control =
            (IIOMetadataNode) root.getElementsByTagName("GraphicControlExtension").item(0);
        delays.add(Duration.ofMillis(10 * Long.parseLong(control.getAttribute("delayTime"))));
        IIOMetadataNode application =
            (IIOMetadataNode) root.getElementsByTagName("ApplicationExtension").item(0);
        if (application != null && application.getAttribute("applicationID").equals("NETSCAPE")) {
          byte[] block = (byte[]) application.getUserObject();
          plays = (block[1] & 0xff) | (block[2] & 0xff) << 8;
        }
      }
      return new Film(frames, delays, plays);
    } finally {
      reader.dispose();
    }
  }

  static int[] pixels(BufferedImage image) {
    int[] pixels =
        image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] &= 0xffffff;
    }
    return pixels;
  }
}
