package gpt2j.bench.visualize;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.util.Locale;
import java.util.stream.Stream;

/** Draws text, cells and colour bars into a picture. */
final class Ink implements AutoCloseable {
  static final Color BACKGROUND = Color.WHITE;
  static final Color TEXT = new Color(0x1a1a1a);
  static final Color FAINT = new Color(0x767676);
  static final Color LINE = new Color(0x9a9a9a);
  static final Color UNUSED = new Color(0xdedede);
  static final Color ACCENT = new Color(0x0b5fa5);

  static final int SMALL = 12;
  static final int NORMAL = 14;
  static final int LARGE = 18;

  private final Graphics2D graphics;

  /** Begins a picture of one colour. */
  Ink(BufferedImage image) {
    graphics = image.createGraphics();
    graphics.setColor(BACKGROUND);
    graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setStroke(new BasicStroke(1));
    text(NORMAL, TEXT);
  }

  /** How text looks from now on. */
  Ink text(int size, Color color) {
    return text(size, color, Font.PLAIN);
  }

  Ink bold(int size, Color color) {
    return text(size, color, Font.BOLD);
  }

  private Ink text(int size, Color color, int style) {
    graphics.setFont(new Font(Font.SANS_SERIF, style, size));
    graphics.setColor(color);
    return this;
  }

  /** Text that begins at x. */
  void left(String text, int x, int baseline) {
    graphics.drawString(text, x, baseline);
  }

  /** Text that ends at x. */
  void right(String text, int x, int baseline) {
    graphics.drawString(text, x - width(text), baseline);
  }

  /** Text around x. */
  void center(String text, int x, int baseline) {
    graphics.drawString(text, x - width(text) / 2, baseline);
  }

  /** Text that reads upwards, ends at y and stands in the middle of x. */
  void upwards(String text, int x, int top) {
    FontMetrics metrics = graphics.getFontMetrics();
    AffineTransform before = graphics.getTransform();
    graphics.translate(x + (metrics.getAscent() - metrics.getDescent()) / 2, top + width(text));
    graphics.rotate(-Math.PI / 2);
    graphics.drawString(text, 0, 0);
    graphics.setTransform(before);
  }

  /** Pixels of the longest text. */
  static int longest(int size, int style, Stream<String> texts) {
    try (Ink ink = new Ink(new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB))) {
      ink.text(size, TEXT, style);
      return texts.mapToInt(ink::width).max().orElse(0);
    }
  }

  int width(String text) {
    return graphics.getFontMetrics().stringWidth(text);
  }

  void fill(int rgb, int x, int y, int width, int height) {
    graphics.setColor(new Color(rgb));
    graphics.fillRect(x, y, width, height);
  }

  /** The outline just outside a rectangle. */
  void frame(Color color, int x, int y, int width, int height) {
    graphics.setColor(color);
    graphics.drawRect(x - 1, y - 1, width + 1, height + 1);
  }

  void line(Color color, int x1, int y1, int x2, int y2) {
    graphics.setColor(color);
    graphics.drawLine(x1, y1, x2, y2);
  }

  /** Slanting lines: there is memory, and nothing in it. */
  void hatch(int x, int y, int width, int height) {
    var clip = graphics.getClip();
    graphics.clipRect(x, y, width, height);
    graphics.setColor(UNUSED);
    for (int at = x - height; at < x + width; at += 6) {
      graphics.drawLine(at, y + height, at + height, y);
    }
    graphics.setClip(clip);
  }

  /** A triangle that points down to (x, y). */
  void pointer(Color color, int x, int y) {
    graphics.setColor(color);
    graphics.fillPolygon(new int[] {x - 5, x + 5, x}, new int[] {y - 7, y - 7, y}, 3);
  }

  /** A scale's colours from bottom to top, with numbers at its right. */
  void colorBar(ColorScale scale, int x, int y, int width, int height, float... ticks) {
    int[] colors = scale.colors();
    for (int i = 0; i < height; i++) {
      int level = (int) Math.round((height - 1 - i) / (height - 1.0) * (colors.length - 1));
      fill(colors[level], x, y + i, width, 1);
    }
    frame(LINE, x, y, width, height);
    text(SMALL, TEXT);
    for (float tick : ticks) {
      int at = y + (int) Math.round((1 - scale.fraction(tick)) * (height - 1));
      line(LINE, x + width, at, x + width + 3, at);
      text(SMALL, TEXT).left(number(tick), x + width + 6, at + 4);
    }
  }

  /** A number in few characters; with a true minus. */
  static String number(float value) {
    String text = String.format(Locale.ROOT, "%.3g", value);
    if (text.contains(".") && !text.contains("e")) {
      text = text.replaceAll("0+$", "").replaceAll("\\.$", "");
    }
    return text.replace('-', '−');
  }

  @Override
  public void close() {
    graphics.dispose();
  }
}
