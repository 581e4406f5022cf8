package gpt2j.bench.visualize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.SamplingParameters;
import gpt2j.model.gpt2.Decoder;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.Session;
import gpt2j.testkit.ReferenceBackendProvider;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The film shows what is in the cache: compared with a cache that another session filled. */
class DashboardTest {
  private static final int LAYER = 1;
  private static final int HEAD = 1;
  private static final int NEW_TOKENS = 9;
  private static final int POSITIONS = Models.PROMPT.length + NEW_TOKENS - 1;

  @TempDir private static Path directory;
  private static Path model;

  @BeforeAll
  static void writeModel() {
    model = Models.write(directory);
  }

  /**
   * What a trace has, and what a session of its own finds in its cache for the same tokens.
   *
   * @param cached {@code [2: keys, values][positions][heads * headSize]}
   */
  private record Run(KvTrace trace, float[][][] cached) {
    static Run on(BackendProvider provider) {
      Caches caches = new Caches(provider.open(BackendOptions.defaults()));
      try (ObservedBackend backend = new ObservedBackend(caches.backend());
          Gpt2 gpt2 = Models.load(model, backend)) {
        KvTrace trace =
            new KvTracer(gpt2, backend, LAYER, HEAD)
                .trace(Models.PROMPT, NEW_TOKENS, SamplingParameters.random(5), () -> false);
        int[] evaluated =
            trace.tokens().stream().mapToInt(KvTrace.Token::id).limit(POSITIONS).toArray();
        return new Run(trace, caches.contents(gpt2, LAYER, evaluated));
      }
    }

    float cached(int which, int position, int dimension) {
      return cached[which][position][HEAD * Models.HEAD_SIZE + dimension];
    }
  }

  @Test
  void theTraceHoldsWhatAnotherSessionFindsInItsCache() {
    Run run = Run.on(new ReferenceBackendProvider());
    assertEquals(NEW_TOKENS, run.trace().steps().size());
    for (int i = 0; i < NEW_TOKENS; i++) {
      KvTrace.Step step = run.trace().steps().get(i);
      assertEquals(Models.PROMPT.length - 1 + i, step.position());
      assertEquals(step.position() + 1, step.keys().length);
      assertEquals(step.position() + 1, step.values().length);
      for (int position = 0; position <= step.position(); position++) {
        for (int d = 0; d < Models.HEAD_SIZE; d++) {
          assertEquals(run.cached(0, position, d), step.keys()[position][d], 1e-6);
          assertEquals(run.cached(1, position, d), step.values()[position][d], 1e-6);
        }
      }
    }
  }

  @Test
  void attentionAndOutputFollowFromQueryKeysAndValues() {
    KvTrace trace = Run.on(new ReferenceBackendProvider()).trace();
    assertEquals(1 / Math.sqrt(Models.HEAD_SIZE), trace.scale(), 1e-6);
    for (KvTrace.Step step : trace.steps()) {
      double[] weights = new double[step.keys().length];
      for (int position = 0; position < weights.length; position++) {
        for (int d = 0; d < Models.HEAD_SIZE; d++) {
          weights[position] += step.query()[d] * step.keys()[position][d];
        }
        weights[position] = Math.exp(trace.scale() * weights[position]);
      }
      double sum = Arrays.stream(weights).sum();
      double[] output = new double[Models.HEAD_SIZE];
      for (int position = 0; position < weights.length; position++) {
        assertEquals(weights[position] / sum, step.attention()[position], 1e-5);
        for (int d = 0; d < output.length; d++) {
          output[d] += weights[position] / sum * step.values()[position][d];
        }
      }
      for (int d = 0; d < output.length; d++) {
        assertEquals(output[d], step.output()[d], 1e-5);
      }
    }
  }

  /** On the reference backend, whose results don't depend on how tokens are split into batches. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 14, 30})
  void eachPixelOfACellIsTheColourOfItsValueInTheCache(int cell) {
    Run run = Run.on(new ReferenceBackendProvider());
    Dashboard dashboard = new Dashboard("tiny", run.trace(), cell);
    DashboardLayout layout = dashboard.layout();
    assertEquals(NEW_TOKENS, dashboard.frames());
    for (int i = 0; i < dashboard.frames(); i++) {
      KvTrace.Step step = run.trace().steps().get(i);
      BufferedImage image = dashboard.paint(i);
      for (int d = 0; d < Models.HEAD_SIZE; d++) {
        assertCell(dashboard.queries().rgb(step.query()[d]), image, layout.query(d));
        assertCell(dashboard.outputs().rgb(step.output()[d]), image, layout.output(d));
        for (int position = 0; position < POSITIONS; position++) {
          if (position <= step.position()) {
            int key = dashboard.keys().rgb(run.cached(0, position, d));
            int value = dashboard.values().rgb(run.cached(1, position, d));
            assertCell(key, image, layout.key(position, d));
            assertCell(value, image, layout.value(position, d));
          } else {
            assertUnwritten(image, layout.key(position, d));
            assertUnwritten(image, layout.value(position, d));
          }
        }
      }
    }
  }

  /** Headings end before the colour bars begin, and pictures are wide enough to be read. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 14, 30, 90})
  void headingsKeepOffTheColourBars(int cell) {
    DashboardLayout layout =
        new Dashboard("tiny", Run.on(new ReferenceBackendProvider()).trace(), cell).layout();
    assertTrue(layout.width() >= 1200, "width " + layout.width());
    assertTrue(layout.headings() > 300, "headings " + layout.headings());
    assertTrue(layout.mapX() + layout.headings() < layout.rightBarX());
    assertTrue(layout.mapX() + layout.mapWidth() < layout.rightBarX());
    assertTrue(Ink.SMALL >= 12);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 19, 60, 100, 1024})
  void positionsFillThePictureUnlessToldOtherwise(int positions) {
    int cell = DashboardLayout.cellFor(positions);
    int width = new DashboardLayout(positions, 64, cell, 6, 80, 500).width();
    assertTrue(cell >= 8 && cell <= 48, "cell " + cell);
    assertTrue(positions > 100 || width == 1200, positions + " positions: " + width);
  }

  @Test
  void aBarIsAsHighAsTheAttentionToItsPosition() {
    KvTrace trace = Run.on(new ReferenceBackendProvider()).trace();
    Dashboard dashboard = new Dashboard("tiny", trace, 10);
    DashboardLayout layout = dashboard.layout();
    for (int i = 0; i < dashboard.frames(); i++) {
      BufferedImage image = dashboard.paint(i);
      float[] attention = trace.steps().get(i).attention();
      for (int position = 0; position < attention.length; position++) {
        int color = dashboard.attention().rgb(attention[position]);
        int x = layout.column(position) + 5;
        int height = 0;
        for (int y = layout.chartY(); y < layout.chartY() + layout.chartHeight(); y++) {
          height += rgb(image, x, y) == color ? 1 : 0;
        }
        double expected = attention[position] / dashboard.attention().high();
        assertEquals(Math.min(1, expected) * layout.chartHeight(), height, 0.51);
        boolean marked = rgb(image, x, layout.chartY() - 3) == (Ink.TEXT.getRGB() & 0xffffff);
        assertEquals(expected > 1, marked, "what is higher than the chart is marked");
      }
    }
  }

  @Test
  void watchingChangesNothing() {
    KvTrace trace = Run.on(new ReferenceBackendProvider()).trace();
    try (var backend = new ReferenceBackendProvider().open(BackendOptions.defaults());
        Gpt2 gpt2 = Models.load(model, backend);
        var session = gpt2.session();
        var decoder = decoderOf(session)) {
      int[] drawn = new int[NEW_TOKENS];
      for (int i = 0; i < NEW_TOKENS; i++) {
        drawn[i] = decoder.next()[0];
      }
      int[] traced =
          trace.tokens().stream().mapToInt(KvTrace.Token::id).skip(Models.PROMPT.length).toArray();
      assertArrayEquals(drawn, traced);
    }
  }

  private static Decoder decoderOf(Session session) {
    session.prefill(0, Models.PROMPT);
    return session.decoder(SamplingParameters.random(5), 0);
  }

  /** As on a device, where the host learns of tokens while further steps are under way. */
  @Test
  void whatIsSeenIsTheSameWhereABackendRunsAhead() {
    BackendOptions ahead =
        BackendOptions.defaults().withSetting(ReferenceBackendProvider.RUN_AHEAD, "3");
    KvTrace expected = Run.on(new ReferenceBackendProvider()).trace();
    try (ObservedBackend backend = new ObservedBackend(new ReferenceBackendProvider().open(ahead));
        Gpt2 gpt2 = Models.load(model, backend)) {
      KvTrace trace =
          new KvTracer(gpt2, backend, LAYER, HEAD)
              .trace(Models.PROMPT, NEW_TOKENS, SamplingParameters.random(5), () -> false);
      assertEquals(expected.tokens(), trace.tokens());
      assertEquals(expected.steps().size(), trace.steps().size());
      for (int i = 0; i < trace.steps().size(); i++) {
        KvTrace.Step step = trace.steps().get(i);
        assertEquals(expected.steps().get(i).position(), step.position());
        assertArrayEquals(expected.steps().get(i).keys(), step.keys());
        assertArrayEquals(expected.steps().get(i).attention(), step.attention());
      }
    }
  }

  @Test
  void theFilmEndsWhereTheContextDoes() {
    try (ObservedBackend backend =
            new ObservedBackend(new ReferenceBackendProvider().open(BackendOptions.defaults()));
        Gpt2 gpt2 = Models.load(model, backend)) {
      KvTrace trace =
          new KvTracer(gpt2, backend, 0, 0)
              .trace(Models.PROMPT, 1000, SamplingParameters.greedy(), () -> false);
      assertEquals(Models.CONTEXT, trace.capacity());
      assertEquals(Models.CONTEXT - 1, trace.steps().getLast().position());
      assertEquals(Models.CONTEXT + 1, trace.tokens().size());
    }
  }

  private static void assertCell(int expected, BufferedImage image, Rectangle cell) {
    // The outermost pixels may belong to the frame around what was just written.
    int inset = cell.width > 2 && cell.height > 2 ? 1 : 0;
    for (int y = cell.y + inset; y < cell.y + cell.height - inset; y++) {
      for (int x = cell.x + inset; x < cell.x + cell.width - inset; x++) {
        assertEquals(expected, rgb(image, x, y));
      }
    }
  }

  private static void assertUnwritten(BufferedImage image, Rectangle cell) {
    int x = cell.x + cell.width / 2;
    int y = cell.y + cell.height / 2;
    int color = rgb(image, x, y);
    assertTrue(color == 0xffffff || color == (Ink.UNUSED.getRGB() & 0xffffff), () -> x + " " + y);
    assertNotEquals(ColorScale.signed(1).rgb(0), color);
  }

  private static int rgb(BufferedImage image, int x, int y) {
    return image.getRGB(x, y) & 0xffffff;
  }
}
