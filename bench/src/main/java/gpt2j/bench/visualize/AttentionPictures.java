package gpt2j.bench.visualize;

import gpt2j.api.Words;
import java.awt.Font;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.util.stream.Stream;

/** Pictures of attention maps: queries from top to bottom, keys from left to right. */
final class AttentionPictures {
  private static final float[] TICKS = {0, 0.01f, 0.05f, 0.1f, 0.25f, 0.5f, 0.75f, 1};
  private static final int MARGIN = 18;
  private static final int TITLE = 92;
  private static final int SIDE = 112;
  private static final int GAP = 10;
  private static final String CUT = " …";
  private static final int LAYER_LABELS = 64;
  private static final int BAR = 14;
  private static final int BAR_WIDTH = 60; // with its numbers
  private static final int BAR_HEIGHT = 220;
  private static final int BAR_GAP = 28; // from the maps to the bar
  private static final int GRID_TITLE = 112;
  private static final int TO_LABELS = 10; // keeps them off the mark between
  private static final String[] HATCHED = {"hatched: the future,", "never attended to"};
  private static final int BOUNDARY = 6;

  private final String model;
  private final AttentionMaps maps;
  private final ColorScale scale = ColorScale.rootProbability();
  private final int right; // pixels beside the maps
  private final int gridCell;

  /**
   * Pictures.
   *
   * @param model its name
   */
  AttentionPictures(String model, AttentionMaps maps) {
    this.model = model;
    this.maps = maps;
    right =
        BAR_GAP
            + Math.max(BAR_WIDTH, Ink.longest(Ink.SMALL, Font.PLAIN, Stream.of(HATCHED)))
            + MARGIN;
    int room = DashboardLayout.LEAST_WIDTH - MARGIN - LAYER_LABELS - right;
    int side = Math.max(SIDE, room / maps.heads() - GAP);
    gridCell = Math.clamp(side / maps.tokens().size(), 1, 12);
  }

  ColorScale scale() {
    return scale;
  }

  /** Where the grid shows one probability. */
  Rectangle gridCell(int layer, int head, int query, int key) {
    return new Rectangle(
        gridX(head) + key * gridCell, gridY(layer) + query * gridCell, gridCell, gridCell);
  }

  private int side() {
    return gridCell * maps.tokens().size();
  }

  private int gridX(int head) {
    return MARGIN + LAYER_LABELS + head * (side() + GAP);
  }

  private int gridY(int layer) {
    return GRID_TITLE + 22 + layer * (side() + GAP);
  }

  /** All layers and heads. */
  BufferedImage grid() {
    int gridRight = gridX(maps.heads()) - GAP;
    int width = Math.max(DashboardLayout.LEAST_WIDTH, gridRight + right);
    int height = Math.max(gridY(0) + BAR_HEIGHT + 44, gridY(maps.layers())) + MARGIN;
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    try (Ink ink = new Ink(image)) {
      ink.bold(Ink.LARGE, Ink.TEXT)
          .left("Attention of all layers and heads of %s %s".formatted(model, over()), MARGIN, 28);
      ink.text(Ink.NORMAL, Ink.TEXT)
          .left(
              "In each map: a row is a query's position, top to bottom; a column a key's, left to"
                  + " right; rows add up to 1. Blue marks: where generated tokens begin."
                  + leftOut(),
              MARGIN,
              50);
      ink.left(text(ink, width - 2 * MARGIN), MARGIN, 70);
      ink.left(TokenLabels.SIGNS, MARGIN, 90);
      for (int head = 0; head < maps.heads(); head++) {
        ink.text(Ink.NORMAL, Ink.TEXT)
            .center("head " + head, gridX(head) + side() / 2, GRID_TITLE + 12);
      }
      for (int layer = 0; layer < maps.layers(); layer++) {
        ink.text(Ink.NORMAL, Ink.TEXT)
            .right("layer " + layer, gridX(0) - 8, gridY(layer) + side() / 2 + 5);
        for (int head = 0; head < maps.heads(); head++) {
          map(ink, layer, head, gridX(head), gridY(layer), gridCell);
        }
      }
      bar(ink, gridRight + BAR_GAP, gridY(0));
    }
    return image;
  }

  /** One head, with the tokens at both sides. */
  BufferedImage single(int layer, int head) {
    int tokens = maps.tokens().size();
    int cell = Math.clamp(900 / tokens, 3, 40);
    int labels =
        Ink.longest(Ink.SMALL, Font.PLAIN, maps.tokens().stream().map(KvTrace.Token::text));
    int left = MARGIN + labels + TO_LABELS + 2;
    int top = TITLE;
    int side = tokens * cell;
    int width = Math.max(DashboardLayout.LEAST_WIDTH, left + side + right);
    int height = top + Math.max(side + TO_LABELS + labels, BAR_HEIGHT + 44) + 2 * MARGIN;
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    try (Ink ink = new Ink(image)) {
      ink.bold(Ink.LARGE, Ink.TEXT)
          .left(
              "Attention of %s, layer %d, head %d %s".formatted(model, layer, head, over()),
              MARGIN,
              28);
      ink.text(Ink.NORMAL, Ink.TEXT)
          .left(
              "Each row: what the token at the left gives to the tokens below; rows add up to 1."
                  + leftOut(),
              MARGIN,
              50);
      ink.left("Tokens: the prompt's dark, generated ones blue. " + TokenLabels.SIGNS, MARGIN, 70);
      map(ink, layer, head, left, top, cell);
      ink.text(Ink.SMALL, Ink.TEXT);
      int every = Math.ceilDiv(14, cell);
      for (int i = 0; i < tokens; i += every) {
        ink.text(Ink.SMALL, i < maps.prompt() ? Ink.TEXT : Ink.ACCENT);
        String text = maps.tokens().get(i).text();
        int middle = i * cell + cell / 2;
        ink.right(text, left - TO_LABELS, top + middle + 4);
        ink.upwards(text, left + middle, top + side + TO_LABELS);
      }
      bar(ink, left + side + BAR_GAP, top);
    }
    return image;
  }

  private String leftOut() {
    return maps.left() == 0
        ? ""
        : " Left out: the text's first %s, and what is given there."
            .formatted(Words.count(maps.left(), "token"));
  }

  /** Which tokens are shown. */
  private String over() {
    int generated = maps.tokens().size() - maps.prompt();
    String prompt = "over %s of the prompt".formatted(Words.count(maps.prompt(), "token"));
    return generated == 0
        ? prompt
        : "%s and %d generated %s".formatted(prompt, generated, generated == 1 ? "one" : "ones");
  }

  /** As much of the beginning of what is shown as has room. */
  private String text(Ink ink, int room) {
    StringBuilder text = new StringBuilder("Text: ");
    for (KvTrace.Token token : maps.tokens()) {
      if (ink.width(text + token.text() + CUT) > room) {
        return text + CUT;
      }
      text.append(token.text());
    }
    return text.toString();
  }

  private void map(Ink ink, int layer, int head, int x, int y, int cell) {
    int tokens = maps.tokens().size();
    ink.hatch(x, y, tokens * cell, tokens * cell);
    for (int query = 0; query < tokens; query++) {
      float[] row = maps.probabilities()[layer][head][query];
      for (int key = 0; key <= query; key++) {
        ink.fill(scale.rgb(row[key]), x + key * cell, y + query * cell, cell, cell);
      }
    }
    ink.frame(Ink.LINE, x, y, tokens * cell, tokens * cell);
    if (maps.prompt() > 0 && maps.prompt() < tokens) { // where generated tokens begin
      int at = maps.prompt() * cell;
      ink.line(Ink.ACCENT, x - BOUNDARY, y + at, x - 2, y + at);
      ink.line(Ink.ACCENT, x + at, y + tokens * cell + 2, x + at, y + tokens * cell + BOUNDARY);
    }
  }

  private void bar(Ink ink, int x, int y) {
    ink.text(Ink.SMALL, Ink.FAINT).left("probability", x, y - 8);
    ink.colorBar(scale, x, y, BAR, BAR_HEIGHT, TICKS);
    ink.text(Ink.SMALL, Ink.FAINT).left(HATCHED[0], x, y + BAR_HEIGHT + 22);
    ink.left(HATCHED[1], x, y + BAR_HEIGHT + 36);
  }
}
