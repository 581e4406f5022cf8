package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.Shape;
import gpt2j.model.gpt2.Activation;
import gpt2j.model.gpt2.Extension;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.LoadOptions;
import gpt2j.model.gpt2.Probes;
import gpt2j.model.gpt2.Session;
import gpt2j.model.gpt2.SessionOptions;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What {@link Probes} show is what Hugging Face transformers computes, and what they replace goes
 * on as it does there; {@code src/test/python/golden_probes.py} wrote both. Whichever way tokens
 * are evaluated, the values are the same.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ProbeContract {
  /** Relative to the larger of 1 and the value. */
  private static final double TOLERANCE = 1e-4;

  /** The first row whose values the golden files have replaced. */
  private static final int FIRST_REPLACED = 3;

  private static final String LOGITS = "unembed.hook_out";

  private final Map<String, Gpt2> models = new HashMap<>();
  private Backend backend;

  /** Opens the backend under test. */
  abstract Backend open();

  /** Those that are tried: all of them, unless the device is too slow for that. */
  List<String> checkpoints() {
    return List.of("scaled-by-layer", "n-inner", "untied-head");
  }

  @BeforeAll
  final void openBackend() {
    backend = open();
  }

  @AfterAll
  final void closeAll() {
    models.values().forEach(Gpt2::close);
    backend.close();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  final void valuesAreThoseOfTransformers(String checkpoint) {
    Expected expected = expected(checkpoint);
    int[] tokens = expected.ints("tokens");
    Gpt2 model = model(checkpoint);
    try (Session session = model.session()) {
      Map<String, Activation> values = session.evaluate(0, all(model), tokens);
      assertEquals(Probes.names(model.config()), List.copyOf(values.keySet()));
      values.forEach(
          (name, value) -> {
            assertEquals(name, value.name());
            assertEquals(0, value.firstRow());
            assertEquals(tokens.length, value.shape().rows(), name);
            assertClose(expected.doubles(name), value.values(), name);
          });
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  final void whatIsReplacedGoesOnAsInTransformers(String checkpoint) {
    Expected expected = expected(checkpoint);
    Gpt2 model = model(checkpoint);
    for (String name : replaceable(model)) {
      for (int chunk : new int[] {64, 2}) {
        try (Session session = session(model, chunk)) {
          Probes probes = Probes.none().read(LOGITS).replace(name, ProbeContract::rotated);
          float[] logits = values(session.evaluate(0, probes, expected.ints("tokens")), LOGITS);
          String label = "%s replaced, %d rows at a time".formatted(name, chunk);
          assertClose(expected.doubles("replaced." + name), logits, label);
        }
      }
    }
  }

  /** Each row from the third on with its values one place further on. */
  private static float[] rotated(Activation chunk) {
    float[] values = chunk.values();
    int width = values.length / chunk.shape().rows();
    for (int row = 0; row < chunk.shape().rows(); row++) {
      if (chunk.firstRow() + row >= FIRST_REPLACED) {
        float last = values[(row + 1) * width - 1];
        System.arraycopy(values, row * width, values, row * width + 1, width - 1);
        values[row * width] = last;
      }
    }
    return values;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 64})
  final void neitherReadingNorReplacingByTheSameChangesABit(int chunk) {
    Gpt2 model = model();
    int[] tokens = tokens();
    try (Session session = session(model, chunk)) {
      float[] plain = flat(session.evaluate(0, tokens));
      float[] kept = session.logits(0);
      for (String name : Probes.names(model.config())) {
        session.clear(0);
        Probes reading = Probes.none().read(LOGITS, name);
        assertArrayEquals(plain, values(session.evaluate(0, reading, tokens), LOGITS), name);
      }
      Probes replacing = Probes.none().read(LOGITS);
      for (String name : replaceable(model)) {
        replacing = replacing.replace(name, Activation::values);
      }
      session.clear(0);
      assertArrayEquals(plain, values(session.evaluate(0, replacing, tokens), LOGITS));
      assertArrayEquals(kept, session.logits(0));
    }
  }

  /** Activation patching: after the residual stream of another text everything is that text's. */
  @Test
  final void theResidualStreamOfAnotherTextGivesItsLogits() {
    Gpt2 model = model();
    int[] tokens = tokens();
    int[] others = IntStream.of(tokens).map(token -> (token + 7) % 40).toArray();
    for (int layer = 0; layer < model.config().layers(); layer++) {
      String name = "blocks.%d.hook_resid_post".formatted(layer);
      try (Session session = session(model, 5)) {
        Map<String, Activation> other =
            session.evaluate(0, Probes.none().read(name, LOGITS), others);
        session.clear(0);
        Activation stream = other.get(name);
        Probes patching =
            Probes.none()
                .read(LOGITS)
                .replace(
                    name,
                    chunk -> {
                      int width = model.config().embeddingWidth();
                      int from = chunk.firstRow() * width;
                      return Arrays.copyOfRange(
                          stream.values(), from, from + chunk.values().length);
                    });
        float[] patched = values(session.evaluate(0, patching, tokens), LOGITS);
        assertArrayEquals(values(other, LOGITS), patched, name);
      }
    }
  }

  @Test
  final void theLogitLensOfTheLastLayerIsTheLogits() {
    Gpt2 model = model();
    String lens = "blocks.%d.logit_lens".formatted(model.config().layers() - 1);
    try (Session session = session(model, 5)) {
      Map<String, Activation> values =
          session.evaluate(0, Probes.none().read("blocks.*.logit_lens", LOGITS), tokens());
      assertEquals(model.config().layers() + 1, values.size());
      assertArrayEquals(values(values, LOGITS), values(values, lens));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 64})
  final void anyChunkingAndAnyHistory(int chunk) {
    Gpt2 model = model();
    int[] tokens = tokens();
    Map<String, Activation> atOnce;
    try (Session session = session(model, 64)) {
      atOnce = session.evaluate(0, all(model), tokens);
    }
    try (Session session = session(model, chunk)) {
      for (int history : new int[] {0, 1, 7}) {
        session.clear(0);
        if (history > 0) {
          session.prefill(0, Arrays.copyOf(tokens, history));
        }
        int[] rest = Arrays.copyOfRange(tokens, history, tokens.length);
        session
            .evaluate(0, all(model), rest)
            .forEach(
                (name, value) -> {
                  float[] whole = values(atOnce, name);
                  int from = whole.length / tokens.length * history;
                  assertClose(
                      doubles(Arrays.copyOfRange(whole, from, whole.length)),
                      value.values(),
                      "%s after %d tokens, %d at a time".formatted(name, history, chunk));
                });
      }
    }
  }

  /** Rows of several sequences, of unequal length and history, in the order given. */
  @Test
  final void severalSequences() {
    Gpt2 model = model();
    int[] tokens = tokens();
    List<Map<String, Activation>> alone = new ArrayList<>();
    int[] lengths = {3, 9};
    try (Session session = session(model, 64)) {
      for (int length : lengths) {
        session.clear(0);
        alone.add(session.evaluate(0, all(model), Arrays.copyOf(tokens, length)));
      }
    }
    try (Session session =
        model.session(SessionOptions.defaults().withSequences(2).withPrefillChunk(4))) {
      session.prefill(1, Arrays.copyOf(tokens, 4));
      List<Extension> extensions =
          List.of(
              new Extension(1, Arrays.copyOfRange(tokens, 4, 9)),
              new Extension(0, Arrays.copyOf(tokens, 3)));
      session
          .evaluate(extensions, all(model))
          .forEach(
              (name, value) -> {
                assertEquals(8, value.shape().rows());
                for (int row = 0; row < 8; row++) {
                  boolean second = row < 5;
                  Activation expected =
                      Objects.requireNonNull(alone.get(second ? 1 : 0).get(name), name);
                  float[] of = expected.row(second ? row + 4 : row - 5);
                  assertClose(
                      padded(name, of, expected.shape(), value.shape()),
                      value.row(row),
                      "%s, row %d".formatted(name, row));
                }
              });
    }
  }

  /** What lies by positions, with the masked positions that a longer sequence beside it adds. */
  private static double[] padded(String name, float[] row, Shape from, Shape to) {
    if (from.withRows(1).equals(to.withRows(1))) {
      return doubles(row);
    }
    int heads = to.size(1);
    int positions = to.size(2);
    double[] padded = new double[heads * positions];
    Arrays.fill(padded, name.endsWith("scores") ? Double.NEGATIVE_INFINITY : 0);
    for (int i = 0; i < row.length; i++) {
      padded[i / from.size(2) * positions + i % from.size(2)] = row[i];
    }
    return padded;
  }

  /** Later tokens attend to what was replaced before, and see nothing else of it. */
  @Test
  final void replacedKeysAndValuesStayInTheCache() {
    Gpt2 model = model();
    int[] tokens = tokens();
    int split = 8;
    Probes replacing = Probes.none().read(LOGITS);
    for (String name : List.of("blocks.*.attn.hook_k", "blocks.*.attn.hook_v")) {
      replacing =
          replacing.replace(
              name, chunk -> chunk.firstRow() < split ? rotated(chunk) : chunk.values());
    }
    float[] atOnce;
    float[] later;
    try (Session session = session(model, 4)) {
      atOnce = values(session.evaluate(0, replacing, tokens), LOGITS);
      session.clear(0);
      session.evaluate(0, replacing, Arrays.copyOf(tokens, split));
      later = flat(session.evaluate(0, Arrays.copyOfRange(tokens, split, tokens.length)));
    }
    int from = split * model.config().vocabularySize();
    assertClose(doubles(Arrays.copyOfRange(atOnce, from, atOnce.length)), later, "afterwards");
  }

  /** Chunk by chunk, in order; what the watcher does with its values changes nothing. */
  @Test
  final void watchedIsWhatIsRead() {
    String name = "blocks.*.hook_resid_mid";
    List<Activation> chunks = new ArrayList<>();
    Map<String, Activation> read;
    try (Session session = session(model(), 5)) {
      Probes probes =
          Probes.none()
              .replace(name, ProbeContract::rotated)
              .watch(
                  name,
                  chunk -> {
                    chunks.add(
                        new Activation(
                            chunk.name(), chunk.firstRow(), chunk.shape(), chunk.values().clone()));
                    Arrays.fill(chunk.values(), Float.NaN);
                  })
              .read(name);
      read = session.evaluate(0, probes, tokens());
    }
    read.forEach(
        (site, all) -> {
          int next = 0;
          for (Activation chunk : chunks) {
            if (chunk.name().equals(site)) {
              assertEquals(next, chunk.firstRow());
              for (int row = 0; row < chunk.shape().rows(); row++) {
                assertArrayEquals(all.row(next++), chunk.row(row), site);
              }
            }
          }
          assertEquals(tokens().length, next);
        });
  }

  @Test
  final void replacedTwiceIsOneAfterTheOther() {
    String name = "blocks.1.hook_resid_mid";
    try (Session session = session(model(), 5)) {
      Probes once = Probes.none().read(name, LOGITS).replace(name, ProbeContract::rotated);
      Map<String, Activation> values =
          session.evaluate(0, once.replace(name, chunk -> doubled(chunk.values())), tokens());
      session.clear(0);
      float[] single = values(session.evaluate(0, once, tokens()), name);
      assertArrayEquals(doubled(single), values(values, name));
    }
  }

  private static float[] doubled(float[] values) {
    float[] doubled = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      doubled[i] = 2 * values[i];
    }
    return doubled;
  }

  /** What is refused, or fails on the way, changes nothing but by whole chunks. */
  @Test
  final void refusals() {
    Gpt2 model = model();
    int[] tokens = tokens();
    try (Session session = session(model, 5)) {
      session.prefill(0, tokens[0]);
      int last = model.config().layers() - 1;
      String none =
          refused(IllegalArgumentException.class, session, Probes.none().read("blocks.99.hook_q"));
      assertTrue(none.startsWith("there is no probe blocks.99.hook_q; there are "), none);
      for (String name : Probes.names(model.config())) {
        assertTrue(none.contains(name.replaceFirst("\\d+", "*")), none);
      }
      assertTrue(none.endsWith("layers 0 … %d or stands for all".formatted(last)), none);
      assertEquals(
          "blocks.0.ln1.hook_normalized can't be shown: a norm is one operation with its gain and"
              + " bias, and hook_out what comes out of it",
          refused(
              UnsupportedException.class,
              session,
              Probes.none().read("blocks.0.ln1.hook_normalized")));
      for (String name : Probes.names(model.config())) {
        if (!replaceable(model).contains(name)) {
          String why =
              refused(
                  UnsupportedException.class,
                  session,
                  Probes.none().replace(name, Activation::values));
          assertTrue(why.startsWith(name + " can't be replaced: "), why);
        }
      }
      assertEquals(
          "blocks.1.hook_resid_pre is replaced by 3 values instead of the %d of [5, %d]"
              .formatted(5 * model.config().embeddingWidth(), model.config().embeddingWidth()),
          refused(
              IllegalArgumentException.class,
              session,
              Probes.none().replace("blocks.1.hook_resid_pre", chunk -> new float[3])));
      assertThrows(
          ArithmeticException.class,
          () ->
              session.evaluate(
                  0,
                  Probes.none()
                      .replace(
                          "blocks.0.hook_mlp_out",
                          chunk -> {
                            if (chunk.firstRow() > 0) {
                              throw new ArithmeticException("in the second chunk");
                            }
                            return chunk.values();
                          }),
                  Arrays.copyOfRange(tokens, 1, tokens.length)));
      assertArrayEquals(Arrays.copyOf(tokens, 6), session.tokens(0));
      float[][] logits = session.evaluate(0, Arrays.copyOfRange(tokens, 6, tokens.length));
      session.clear(0);
      float[][] expected = session.evaluate(0, tokens);
      assertClose(
          doubles(expected[tokens.length - 1]), logits[logits.length - 1], "after a failure");
    }
  }

  private String refused(Class<? extends Exception> type, Session session, Probes probes) {
    int[] before = session.tokens(0);
    int[] more = Arrays.copyOf(tokens(), 7);
    Exception refusal = assertThrows(type, () -> session.evaluate(0, probes, more));
    assertArrayEquals(before, session.tokens(0));
    return String.valueOf(refusal.getMessage());
  }

  private static Probes all(Gpt2 model) {
    return Probes.none().read(Probes.names(model.config()).toArray(String[]::new));
  }

  private static List<String> replaceable(Gpt2 model) {
    List<String> readOnly =
        List.of("attn_scores", "hook_pattern", "hook_pre", "logit_lens", "unembed.hook_out");
    return Probes.names(model.config()).stream()
        .filter(name -> readOnly.stream().noneMatch(name::endsWith))
        .toList();
  }

  private static Session session(Gpt2 model, int chunk) {
    return model.session(SessionOptions.defaults().withPrefillChunk(chunk));
  }

  private static Expected expected(String checkpoint) {
    return new Expected(
        Golden.resource("probes").resolve(checkpoint).resolve("expected.safetensors"));
  }

  private int[] tokens() {
    return expected(checkpoints().getFirst()).ints("tokens");
  }

  private Gpt2 model() {
    return model(checkpoints().getFirst());
  }

  private Gpt2 model(String checkpoint) {
    return models.computeIfAbsent(
        checkpoint,
        name -> {
          Path golden = Golden.resource("golden");
          try (Checkpoint file = Checkpoint.open(golden.resolve(name))) {
            Tokenizer tokenizer = Tokenizer.load(Golden.all().getFirst().folder());
            return Gpt2.load(file, tokenizer, backend, LoadOptions.defaults());
          }
        });
  }

  private static float[] values(Map<String, Activation> values, String name) {
    return Objects.requireNonNull(values.get(name), name).values();
  }

  private static float[] flat(float[][] rows) {
    float[] all = new float[rows.length * rows[0].length];
    for (int row = 0; row < rows.length; row++) {
      System.arraycopy(rows[row], 0, all, row * rows[0].length, rows[0].length);
    }
    return all;
  }

  private static double[] doubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  private static void assertClose(double[] expected, float[] actual, String label) {
    assertEquals(expected.length, actual.length, label);
    for (int i = 0; i < expected.length; i++) {
      if (expected[i] != actual[i]) { // infinities are
        double bound = TOLERANCE * Math.max(1, Math.abs(expected[i]));
        assertEquals(expected[i], actual[i], bound, label + ", value " + i);
      }
    }
  }
}
