package gpt2j.bench.visualize;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The at most 256 colours of a GIF: all of the given scales, shades of the text's colours, and
 * greys. What is drawn in the scales' colours stays exactly the same.
 */
final class IndexedColors {
  private static final int MOST = 256;
  private static final int SHADES = 12;

  private final int[] colors;
  private final IndexColorModel model;
  private final Map<Integer, Byte> indices = new HashMap<>();

  IndexedColors(ColorScale... scales) {
    Set<Integer> chosen = new LinkedHashSet<>();
    for (ColorScale scale : scales) {
      for (int color : scale.colors()) {
        chosen.add(color);
      }
    }
    chosen.add(ColorScale.NOT_A_NUMBER);
    chosen.add(rgb(Ink.BACKGROUND));
    chosen.add(rgb(Ink.LINE));
    chosen.add(rgb(Ink.UNUSED));
    addShades(chosen, Ink.TEXT);
    addShades(chosen, Ink.ACCENT);
    addShades(chosen, Ink.FAINT);
    if (chosen.size() > MOST) {
      throw new IllegalArgumentException(chosen.size() + " colours are too many for a GIF");
    }
    colors = chosen.stream().mapToInt(Integer::intValue).toArray();
    byte[] red = new byte[colors.length];
    byte[] green = new byte[colors.length];
    byte[] blue = new byte[colors.length];
    for (int i = 0; i < colors.length; i++) {
      red[i] = (byte) (colors[i] >> 16);
      green[i] = (byte) (colors[i] >> 8);
      blue[i] = (byte) colors[i];
      indices.put(colors[i], (byte) i);
    }
    model = new IndexColorModel(8, colors.length, red, green, blue);
  }

  private static void addShades(Set<Integer> chosen, Color color) {
    for (int i = 0; i < SHADES; i++) {
      double part = i / (double) SHADES;
      chosen.add(
          shade(color.getRed(), part) << 16
              | shade(color.getGreen(), part) << 8
              | shade(color.getBlue(), part));
    }
  }

  private static int shade(int channel, double part) {
    return (int) Math.round(channel + (255 - channel) * part);
  }

  private static int rgb(Color color) {
    return color.getRGB() & 0xffffff;
  }

  /** The same picture in these colours. */
  BufferedImage convert(BufferedImage image) {
    int width = image.getWidth();
    BufferedImage result =
        new BufferedImage(width, image.getHeight(), BufferedImage.TYPE_BYTE_INDEXED, model);
    int[] row = new int[width];
    byte[] converted = new byte[width];
    for (int y = 0; y < image.getHeight(); y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      for (int x = 0; x < width; x++) {
        converted[x] = indices.computeIfAbsent(row[x] & 0xffffff, this::nearest);
      }
      result.getRaster().setDataElements(0, y, width, 1, converted);
    }
    return result;
  }

  private byte nearest(int rgb) {
    int best = 0;
    int least = Integer.MAX_VALUE;
    for (int i = 0; i < colors.length; i++) {
      int distance =
          square(colors[i] >> 16, rgb >> 16)
              + square(colors[i] >> 8, rgb >> 8)
              + square(colors[i], rgb);
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
    return (byte) best;
  }

  private static int square(int a, int b) {
    int difference = (a & 0xff) - (b & 0xff);
    return difference * difference;
  }
}
