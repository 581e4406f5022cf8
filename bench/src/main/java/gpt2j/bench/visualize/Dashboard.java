package gpt2j.bench.visualize;

import gpt2j.api.Words;
import java.awt.Font;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * Pictures of one head at work, one for each step: the query, the keys it meets in the cache, the
 * attention that results, the values that it weighs, and the result. Scales and axes are the same
 * in all pictures of a trace, so that they can be compared and put into one film.
 */
final class Dashboard {
  private static final int LEAST_LABEL_DISTANCE = 14;
  private static final int LEAST_OUTLINED = 4;
  private final String model;
  private final KvTrace trace;
  private final DashboardLayout layout;
  private final ColorScale queries;
  private final ColorScale keys;
  private final ColorScale attention;
  private final ColorScale values;
  private final ColorScale outputs;

  /**
   * A dashboard.
   *
   * @param model its name
   * @param cell pixels from one position to the next
   */
  Dashboard(String model, KvTrace trace, int cell) {
    this.model = model;
    this.trace = trace;
    int cellHeight = Math.clamp(384 / trace.headSize(), 2, 16);
    layout =
        new DashboardLayout(
            trace.reached(),
            trace.headSize(),
            cell,
            cellHeight,
            Ink.longest(Ink.SMALL, Font.BOLD, trace.tokens().stream().map(KvTrace.Token::text)),
            Ink.longest(
                Ink.NORMAL,
                Font.BOLD,
                Stream.of(keysHeading(), attentionHeading(), valuesHeading())));
    KvTrace.Step last = trace.steps().getLast();
    queries = ColorScale.signed(ScaleLimits.magnitude(each(KvTrace.Step::query)));
    keys = ColorScale.signed(ScaleLimits.magnitude(List.of(last.keys())));
    values = ColorScale.signed(ScaleLimits.magnitude(List.of(last.values())));
    outputs = ColorScale.signed(ScaleLimits.magnitude(each(KvTrace.Step::output)));
    attention = ColorScale.probability(ScaleLimits.attention(trace));
  }

  private String keysHeading() {
    return "key cache K: columns are positions, rows the head's %d dimensions"
        .formatted(trace.headSize());
  }

  private String attentionHeading() {
    return "attention: softmax(%s · q·K) over the positions so far"
        .formatted(Ink.number(trace.scale()));
  }

  private String valuesHeading() {
    return "value cache V: columns are positions, rows the head's %d dimensions"
        .formatted(trace.headSize());
  }

  private List<float[]> each(Function<KvTrace.Step, float[]> part) {
    return trace.steps().stream().map(part).toList();
  }

  DashboardLayout layout() {
    return layout;
  }

  ColorScale queries() {
    return queries;
  }

  ColorScale keys() {
    return keys;
  }

  ColorScale attention() {
    return attention;
  }

  ColorScale values() {
    return values;
  }

  ColorScale outputs() {
    return outputs;
  }

  /** The number of pictures. */
  int frames() {
    return trace.steps().size();
  }

  /** The picture of a step, counted from 0. */
  BufferedImage paint(int index) {
    KvTrace.Step step = trace.steps().get(index);
    BufferedImage image =
        new BufferedImage(layout.width(), layout.height(), BufferedImage.TYPE_INT_RGB);
    try (Ink ink = new Ink(image)) {
      title(ink, index, step);
      int written = index == 0 ? 0 : step.position(); // first column that this step wrote
      map(ink, layout.keysY(), step.keys(), keys, layout::key, written);
      vector(ink, layout.keysY(), step.query(), queries, layout::query);
      chart(ink, step);
      map(ink, layout.valuesY(), step.values(), values, layout::value, written);
      vector(ink, layout.valuesY(), step.output(), outputs, layout::output);
      headings(ink);
      tokens(ink, step);
      footer(ink, step);
    }
    return image;
  }

  private void title(Ink ink, int index, KvTrace.Step step) {
    ink.bold(Ink.LARGE, Ink.TEXT)
        .left(
            "KV cache of %s: layer %d of 0–%d, head %d of 0–%d"
                .formatted(
                    model, trace.layer(), trace.layers() - 1, trace.head(), trace.heads() - 1),
            layout.leftBarX(),
            26);
    String doing =
        index == 0
            ? "prefill: %s written at once; shown is the last one's query"
                .formatted(Words.count(trace.promptTokens(), "position"))
            : "decode: 1 position written, %d read from the cache".formatted(step.position());
    ink.text(Ink.NORMAL, Ink.TEXT)
        .left(
            "Step %d of %d, %s; next token: %s"
                .formatted(index + 1, frames(), doing, trace.drawnAfter(step).text()),
            layout.leftBarX(),
            48);
  }

  private void headings(Ink ink) {
    ink.bold(Ink.NORMAL, Ink.TEXT);
    ink.center("query q", layout.vectorX() + layout.vectorWidth() / 2, layout.keysY() - 14);
    ink.left(keysHeading(), layout.mapX(), layout.keysY() - 14);
    ink.left(attentionHeading(), layout.mapX(), layout.chartY() - 14);
    ink.left(valuesHeading(), layout.mapX(), layout.valuesY() - 14);
    ink.center("output", layout.vectorX() + layout.vectorWidth() / 2, layout.valuesY() - 14);
    ink.text(Ink.SMALL, Ink.FAINT)
        .center(
            "attention · V",
            layout.vectorX() + layout.vectorWidth() / 2,
            layout.valuesY() + layout.mapHeight() + 18);
  }

  /** One of the caches, with the columns that this step wrote marked. */
  private void map(
      Ink ink,
      int top,
      float[][] columns,
      ColorScale scale,
      BiFunction<Integer, Integer, Rectangle> cells,
      int written) {
    ink.hatch(layout.mapX(), top, layout.mapWidth(), layout.mapHeight());
    for (int position = 0; position < columns.length; position++) {
      for (int dimension = 0; dimension < trace.headSize(); dimension++) {
        fill(ink, scale.rgb(columns[position][dimension]), cells.apply(position, dimension));
      }
    }
    ink.frame(Ink.LINE, layout.mapX(), top, layout.mapWidth(), layout.mapHeight());
    int width = (columns.length - written) * layout.cellWidth();
    if (layout.cellWidth() >= LEAST_OUTLINED) {
      ink.frame(Ink.TEXT, layout.column(written), top, width, layout.mapHeight());
    }
    ink.pointer(Ink.TEXT, layout.column(written) + width / 2, top - 2);
    dimensions(ink, layout.mapX(), top);
    bar(ink, scale, layout.rightBarX(), top);
  }

  private void vector(
      Ink ink, int top, float[] vector, ColorScale scale, IntFunction<Rectangle> cells) {
    for (int dimension = 0; dimension < vector.length; dimension++) {
      fill(ink, scale.rgb(vector[dimension]), cells.apply(dimension));
    }
    ink.frame(Ink.LINE, layout.vectorX(), top, layout.vectorWidth(), layout.mapHeight());
    dimensions(ink, layout.vectorX(), top);
    bar(ink, scale, layout.leftBarX(), top);
  }

  private static void fill(Ink ink, int rgb, Rectangle cell) {
    ink.fill(rgb, cell.x, cell.y, cell.width, cell.height);
  }

  private void bar(Ink ink, ColorScale scale, int x, int top) {
    float limit = scale.high();
    ink.colorBar(
        scale,
        x,
        top,
        DashboardLayout.BAR,
        layout.mapHeight(),
        -limit,
        -limit / 2,
        0,
        limit / 2,
        limit);
  }

  /** Numbers of the head's dimensions, left of x. */
  private void dimensions(Ink ink, int x, int top) {
    int every = Math.max(1, Math.ceilDiv(LEAST_LABEL_DISTANCE * 4, layout.cellHeight()));
    int step = Integer.highestOneBit(Math.max(1, every));
    for (int dimension = 0; dimension < trace.headSize(); dimension += step) {
      int y = top + dimension * layout.cellHeight() + layout.cellHeight() / 2;
      ink.line(Ink.LINE, x - 4, y, x - 2, y);
      ink.text(Ink.SMALL, Ink.FAINT).right(Integer.toString(dimension), x - 6, y + 4);
    }
  }

  private void chart(Ink ink, KvTrace.Step step) {
    int top = layout.chartY();
    int bottom = top + layout.chartHeight();
    ink.hatch(
        layout.column(step.position() + 1),
        top,
        layout.mapWidth() - (step.position() + 1) * layout.cellWidth(),
        layout.chartHeight());
    for (int i = 0; i <= 4; i++) {
      float tick = attention.high() * i / 4;
      int y = bottom - 1 - Math.round((layout.chartHeight() - 1) * i / 4f);
      ink.line(Ink.UNUSED, layout.mapX(), y, layout.mapX() + layout.mapWidth() - 1, y);
      if (i % 2 == 0) {
        ink.text(Ink.SMALL, Ink.FAINT).right(Ink.number(tick), layout.mapX() - 6, y + 4);
      }
    }
    int inset = layout.cellWidth() >= LEAST_OUTLINED ? 1 : 0;
    for (int position = 0; position <= step.position(); position++) {
      float probability = step.attention()[position];
      int height = Math.round(Math.min(1, probability / attention.high()) * layout.chartHeight());
      ink.fill(
          attention.rgb(probability),
          layout.column(position) + inset,
          bottom - height,
          layout.cellWidth() - 2 * inset,
          height);
      if (probability > attention.high()) {
        ink.fill(
            Ink.TEXT.getRGB(),
            layout.column(position) + inset,
            top - 4,
            layout.cellWidth() - 2 * inset,
            2);
      }
    }
    ink.frame(Ink.LINE, layout.mapX(), top, layout.mapWidth(), layout.chartHeight());
    ink.text(Ink.SMALL, Ink.FAINT).left("probability,", layout.rightBarX(), top + 12);
    ink.left("sum 1", layout.rightBarX(), top + 26);
  }

  /** Each column's token: dark for the prompt, blue for what was generated. */
  private void tokens(Ink ink, KvTrace.Step step) {
    int every = Math.ceilDiv(LEAST_LABEL_DISTANCE, layout.cellWidth());
    int top = layout.tokensY();
    for (int position = 0; position <= step.position(); position++) {
      boolean current = position == step.position();
      boolean free = step.position() - position >= every; // or the current one's would cover it
      if (current || position % every == 0 && free) {
        var color = position < trace.promptTokens() ? Ink.TEXT : Ink.ACCENT;
        (current ? ink.bold(Ink.SMALL, color) : ink.text(Ink.SMALL, color))
            .upwards(
                trace.tokens().get(position).text(),
                layout.column(position) + layout.cellWidth() / 2,
                top);
      }
    }
    numbers(ink, layout.valuesY() + layout.mapHeight() + 14);
  }

  /** Numbers of positions. */
  private void numbers(Ink ink, int baseline) {
    int every = 1;
    int[] factors = {5, 2};
    for (int i = 0; every * layout.cellWidth() < 40; i++) {
      every *= factors[i % 2];
    }
    ink.text(Ink.SMALL, Ink.FAINT);
    for (int position = 0; position < trace.reached(); position += every) {
      ink.center(
          Integer.toString(position), layout.column(position) + layout.cellWidth() / 2, baseline);
    }
    ink.left("position", layout.rightBarX(), baseline);
  }

  private void footer(Ink ink, KvTrace.Step step) {
    int used = step.position() + 1;
    ink.text(Ink.SMALL, Ink.FAINT)
        .left(
            "In the cache: %d of %s that it has room for, %s of %s (all layers and heads).%s"
                .formatted(
                    used,
                    Words.count(trace.capacity(), "position"),
                    bytes(used * trace.bytesPerPosition()),
                    bytes(trace.capacity() * trace.bytesPerPosition()),
                    trace.reached() < trace.capacity()
                        ? " Shown are the %d that the text reached.".formatted(trace.reached())
                        : ""),
            layout.leftBarX(),
            layout.footerY() - 36);
    ink.left(
        "Black frame: written in this step. Hatched: not written yet. Line above a bar: attention is more than %s."
            .formatted(Ink.number(attention.high())),
        layout.leftBarX(),
        layout.footerY() - 18);
    ink.left(
        "Tokens: the prompt's dark, generated ones blue. " + TokenLabels.SIGNS,
        layout.leftBarX(),
        layout.footerY());
  }

  private static String bytes(long count) {
    return count < 1_000_000
        ? String.format(Locale.ROOT, "%.1f kB", count / 1e3)
        : String.format(Locale.ROOT, "%.1f MB", count / 1e6);
  }
}
