package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.SamplingParameters;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.Completion;
import gpt2j.model.gpt2.ContextOverflow;
import gpt2j.model.gpt2.Decoder;
import gpt2j.model.gpt2.Extension;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.LoadOptions;
import gpt2j.model.gpt2.Prompt;
import gpt2j.model.gpt2.Session;
import gpt2j.model.gpt2.SessionOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a KV cache must not change: however a sequence came about, its logits are those of its
 * tokens evaluated at once in an empty session. Compared on logits, since greedy text hides errors.
 * The models are golden checkpoints of a context of 48 tokens; in some, attention is saturated.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SessionContract {
  private static final List<String> CHECKPOINTS =
      List.of("peaked-attention-20", "gelu-erf", "untied-head");

  private final Map<Case, Gpt2> models = new HashMap<>();
  private final Map<Case, Truth> truths = new HashMap<>();
  private Backend backend;

  /** A checkpoint in a precision. */
  record Case(String checkpoint, WeightFormat precision) {}

  /** What runs the models. */
  abstract BackendProvider provider();

  /**
   * How far a logit may be off, relative to the larger of 1 and itself. The weights are the same on
   * both sides whatever the precision, so this is for float32 sums in another order.
   */
  abstract double tolerance(WeightFormat precision);

  /** Whether the device is slow, so that fewer models and shorter histories must do. */
  boolean slow() {
    return false;
  }

  @BeforeAll
  final void open() {
    backend = provider().open(BackendOptions.defaults());
  }

  @AfterAll
  final void close() {
    models.values().forEach(Gpt2::close);
    // Not activations, of which a backend may keep some for its own use.
    for (Usage usage : List.of(Usage.WEIGHTS, Usage.CACHE, Usage.IO)) {
      assertEquals(0, backend.memory().of(usage), usage + " given back");
    }
    backend.close();
  }

  /** All checkpoints in float32 (one if slow), one of them in every other precision too. */
  final Stream<Case> cases() {
    return Stream.concat(
        CHECKPOINTS.stream()
            .limit(slow() ? 1 : CHECKPOINTS.size())
            .map(checkpoint -> new Case(checkpoint, WeightFormat.F32)),
        Stream.of(WeightFormat.values())
            .filter(precision -> precision != WeightFormat.F32 && backend.supports(precision))
            .map(precision -> new Case(CHECKPOINTS.getFirst(), precision)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  final void tokenByTokenAtEveryLength(Case model) {
    Truth truth = truth(model);
    int[] text = truth.text(1);
    try (Session session = model(model).session()) {
      for (int length = 1; length <= text.length; length++) {
        float[] cached = session.evaluate(0, text[length - 1])[0];
        assertClose(truth, truth.after(Arrays.copyOf(text, length)), cached, "length " + length);
        assertClose(truth, cached, session.logits(0), "kept logits, length " + length);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  final void allAtOnceAtEveryLength(Case model) {
    Truth truth = truth(model);
    int[] text = truth.text(2);
    try (Session session = model(model).session()) {
      float[][] logits = session.evaluate(0, text);
      for (int length = 1; length <= text.length; length++) {
        assertClose(
            truth, truth.after(Arrays.copyOf(text, length)), logits[length - 1], "at " + length);
      }
    }
  }

  /** Five sequences of different lengths that grow together until each is full. */
  @ParameterizedTest
  @MethodSource("cases")
  final void raggedBatchAtEveryLength(Case model) {
    Truth truth = truth(model);
    int[] lengths = {1, 7, 30, 2, 47};
    int[][] texts = IntStream.range(0, 5).mapToObj(truth::text).toArray(int[][]::new);
    try (Session batch = model(model).session(SessionOptions.defaults().withSequences(5))) {
      batch.prefill(
          IntStream.range(0, 5)
              .mapToObj(i -> new Extension(i, Arrays.copyOf(texts[i], lengths[i])))
              .toList());
      while (true) {
        for (int i = 0; i < 5; i++) {
          assertClose(
              truth,
              truth.after(Arrays.copyOf(texts[i], lengths[i])),
              batch.logits(i),
              "sequence %d, length %d".formatted(i, lengths[i]));
        }
        List<Extension> next =
            IntStream.range(0, 5)
                .filter(i -> lengths[i] < texts[i].length)
                .mapToObj(i -> new Extension(i, texts[i][lengths[i]++]))
                .toList();
        if (next.isEmpty()) {
          break;
        }
        batch.prefill(next);
      }
    }
  }

  /** Chunks of one batch, and prefills one after another, of every size. */
  @ParameterizedTest
  @MethodSource("cases")
  final void chunks(Case model) {
    Truth truth = truth(model);
    int[][] texts = IntStream.range(0, 3).mapToObj(truth::text).toArray(int[][]::new);
    texts[1] = Arrays.copyOf(texts[1], 20);
    for (int chunk : new int[] {1, 2, 7, 64, 1000}) {
      SessionOptions options = SessionOptions.defaults().withSequences(3).withPrefillChunk(chunk);
      try (Session session = model(model).session(options)) {
        List<float[][]> logits =
            session.evaluate(
                IntStream.range(0, 3).mapToObj(i -> new Extension(i, texts[i])).toList());
        for (int i = 0; i < 3; i++) {
          for (int t = 0; t < texts[i].length; t++) {
            float[] expected = truth.after(Arrays.copyOf(texts[i], t + 1));
            String where = "chunks of %d, sequence %d, token %d".formatted(chunk, i, t);
            assertClose(truth, expected, logits.get(i)[t], where);
          }
          assertClose(truth, truth.after(texts[i]), session.logits(i), "kept, chunks of " + chunk);
        }
      }
      try (Session session = model(model).session()) {
        for (int from = 0; from < texts[0].length; from += chunk) {
          int to = Math.min(from + chunk, texts[0].length);
          session.prefill(0, Arrays.copyOfRange(texts[0], from, to));
          assertClose(
              truth, truth.after(Arrays.copyOf(texts[0], to)), session.logits(0), "to " + to);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  final void interleavedSessions(Case model) {
    Truth truth = truth(model);
    int[] first = truth.text(1);
    int[] second = truth.text(2);
    try (Session one = model(model).session();
        Session two = model(model).session()) {
      for (int t = 0; t < first.length; t++) {
        float[] ofOne = one.evaluate(0, first[t])[0];
        float[] ofTwo = two.evaluate(0, second[t])[0];
        assertClose(
            truth, truth.after(Arrays.copyOf(first, t + 1)), ofOne, "first session, token " + t);
        assertClose(
            truth, truth.after(Arrays.copyOf(second, t + 1)), ofTwo, "second session, token " + t);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  final void sessionsOnThreads(Case model) throws Exception {
    Truth truth = truth(model);
    List<Callable<float[][]>> tasks = new ArrayList<>();
    for (int seed = 0; seed < 4; seed++) {
      int[] text = truth.text(seed);
      tasks.add(
          () -> {
            float[][] logits = new float[text.length][];
            try (Session session = model(model).session()) {
              for (int t = 0; t < text.length; t++) {
                logits[t] = session.evaluate(0, text[t])[0];
              }
            }
            return logits;
          });
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<float[][]>> results = threads.invokeAll(tasks);
      for (int seed = 0; seed < 4; seed++) {
        float[][] logits = results.get(seed).get();
        for (int t = 0; t < logits.length; t++) {
          float[] expected = truth.after(Arrays.copyOf(truth.text(seed), t + 1));
          assertClose(truth, expected, logits[t], "thread %d, token %d".formatted(seed, t));
        }
      }
    }
  }

  /** From every length back to every length, then on with another text. */
  @ParameterizedTest
  @MethodSource("cases")
  final void rolledBack(Case model) {
    Truth truth = truth(model);
    int[] text = truth.text(1);
    int[] other = truth.text(2);
    try (Session session = model(model).session()) {
      for (int length = 1; length <= text.length; length += 3) {
        for (int kept = 0; kept < length; kept += 4) {
          session.clear(0);
          session.prefill(0, Arrays.copyOf(text, length));
          session.rollBack(0, length - kept);
          int[] mixed = Arrays.copyOf(text, Math.min(text.length, kept + 5));
          System.arraycopy(other, 0, mixed, kept, mixed.length - kept);
          session.prefill(0, Arrays.copyOfRange(mixed, kept, mixed.length));
          assertClose(
              truth,
              truth.after(mixed),
              session.logits(0),
              "from %d back to %d".formatted(length, kept));
        }
      }
    }
  }

  /** Whatever is done to the sequences of two sessions, in whatever order. */
  @ParameterizedTest
  @MethodSource("cases")
  final void anyHistory(Case model) {
    Truth truth = truth(model);
    Random random = new Random(3);
    SessionOptions options = SessionOptions.defaults().withSequences(3).withPrefillChunk(5);
    int rounds = slow() ? 40 : 300;
    try (Session a = model(model).session(options);
        Session b = model(model).session(options.withPrefillChunk(64))) {
      for (int round = 0; round < rounds; round++) {
        Session session = random.nextBoolean() ? a : b;
        int sequence = random.nextInt(3);
        int length = session.length(sequence);
        switch (random.nextInt(5)) {
          case 0 -> session.rollBack(sequence, random.nextInt(length + 1));
          case 1 -> session.fork(sequence, session, (sequence + 1) % 3);
          case 2 -> session.fork(sequence, session == a ? b : a, random.nextInt(3));
          case 3 -> draw(session, random.nextInt(1, 4), random.nextInt(1, 4));
          default -> {
            int room = session.capacity() - length;
            if (room > 0) {
              int[] more = truth.text(round);
              session.prefill(sequence, Arrays.copyOf(more, 1 + random.nextInt(room)));
            }
          }
        }
        for (int i = 0; i < 3; i++) {
          checkByOneMore(truth, session, i, round);
        }
      }
    }
  }

  /** Appends a token to see the logits of the sequence as it is, and takes it back. */
  private void checkByOneMore(Truth truth, Session session, int sequence, int round) {
    int length = session.length(sequence);
    if (length < session.capacity()) {
      int[] tokens = Arrays.copyOf(session.tokens(sequence), length + 1);
      tokens[length] = round % truth.vocabulary();
      float[] logits = session.evaluate(sequence, tokens[length])[0];
      assertClose(
          truth, truth.after(tokens), logits, "round %d, %d tokens".formatted(round, length));
      session.rollBack(sequence, 1);
    }
  }

  /** Draws for those of the first sequences that have room for the tokens. */
  private static void draw(Session session, int sequences, int count) {
    int[] able =
        IntStream.range(0, sequences)
            .filter(i -> session.length(i) + count <= session.capacity())
            .toArray();
    if (able.length > 0) {
      for (int sequence : able) {
        session.prefill(sequence, sequence + 1);
      }
      try (Decoder decoder = session.decoder(SamplingParameters.random(count), able)) {
        for (int i = 0; i < count; i++) {
          decoder.next();
        }
      }
    }
  }

  /** The recorded step writes the cache that prefill would have written, in every row. */
  @ParameterizedTest
  @MethodSource("cases")
  final void recordedStepAtEveryLength(Case model) {
    Truth truth = truth(model);
    int[] lengths = {1, 9, 4};
    try (Session session = model(model).session(SessionOptions.defaults().withSequences(3))) {
      for (int i = 0; i < 3; i++) {
        session.prefill(i, Arrays.copyOf(truth.text(i), lengths[i]));
      }
      try (Decoder decoder = session.decoder(SamplingParameters.greedy(), 0, 1, 2)) {
        while (session.length(1) < session.capacity()) {
          int[][] before = IntStream.range(0, 3).mapToObj(session::tokens).toArray(int[][]::new);
          int[] drawn = decoder.next();
          for (int i = 0; i < 3; i++) {
            int[] tokens = session.tokens(i);
            assertArrayEquals(before[i], Arrays.copyOf(tokens, before[i].length));
            float[] logits = truth.after(tokens);
            float best = logits[argMax(logits)];
            assertEquals(
                best, logits[drawn[i]], bound(truth, best), "row %d drew another".formatted(i));
          }
        }
      }
      for (int i = 0; i < 3; i++) {
        if (session.length(i) < session.capacity()) {
          checkByOneMore(truth, session, i, i);
        }
      }
    }
  }

  /** Past the context: each window, in whatever way it is reached, is a text of its own. */
  @ParameterizedTest
  @MethodSource("cases")
  final void slidingWindows(Case model) {
    Truth truth = truth(model);
    int context = truth.context();
    int[] text = IntStream.range(0, 3).flatMap(i -> Arrays.stream(truth.text(i))).toArray();
    try (Session session = model(model).session()) {
      int start = 0;
      for (int t = 0; t < text.length; t++) {
        if (session.length(0) == context) {
          start = t + 1 - context / 2;
          session.clear(0);
          session.prefill(0, Arrays.copyOfRange(text, start, t));
        }
        float[] logits = session.evaluate(0, text[t])[0];
        assertClose(
            truth,
            truth.after(Arrays.copyOfRange(text, start, t + 1)),
            logits,
            "token %d".formatted(t));
      }
    }
  }

  /** Tokens of cached generation are those of evaluating everything again for each token. */
  @ParameterizedTest
  @MethodSource("cases")
  final void generationPastTheContext(Case model) {
    Truth truth = truth(model);
    int newTokens = slow() ? 16 : 2 * truth.context(); // the context has room for 8 and one more
    for (ContextOverflow overflow : ContextOverflow.values()) {
      GenerationRequest request =
          GenerationRequest.of(Prompt.of(Arrays.copyOf(truth.text(1), 40)))
              .withSampling(SamplingParameters.random(5).withTopK(10))
              .withSamples(2)
              .withStopAtEndOfText(false)
              .withMaxNewTokens(newTokens)
              .withContextOverflow(overflow);
      List<List<Integer>> cached = tokens(model(model), request);
      List<List<Integer>> uncached = tokens(model(model), request.withUseCache(false));
      assertEquals(uncached, cached, overflow.toString());
      int expected = overflow == ContextOverflow.STOP ? 9 : newTokens;
      assertTrue(cached.stream().allMatch(tokens -> tokens.size() == expected));
    }
  }

  private static List<List<Integer>> tokens(Gpt2 model, GenerationRequest request) {
    return model.generate(request).stream().map(Completion::tokens).toList();
  }

  private Truth truth(Case model) {
    return truths.computeIfAbsent(model, c -> new Truth(model(c), tolerance(c.precision)));
  }

  private Gpt2 model(Case wanted) {
    return models.computeIfAbsent(
        wanted,
        c ->
            Gpt2.load(
                Golden.resource("golden").resolve(c.checkpoint),
                backend,
                LoadOptions.defaults().withPrecision(c.precision)));
  }

  private static double bound(Truth truth, double value) {
    return truth.tolerance * Math.max(1, Math.abs(value));
  }

  private static void assertClose(Truth truth, float[] expected, float[] actual, String where) {
    assertEquals(expected.length, actual.length);
    for (int v = 0; v < expected.length; v++) {
      if (!(Math.abs(expected[v] - actual[v]) <= bound(truth, expected[v]))) {
        assertEquals(expected[v], actual[v], bound(truth, expected[v]), where + ": token " + v);
      }
    }
  }

  private static int argMax(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  /** What logits should be: the whole text evaluated at once, with nothing before it. */
  private static final class Truth {
    private final Gpt2 model;
    private final double tolerance; // relative to the larger of 1 and a logit
    private final Map<List<Integer>, float[]> known = new HashMap<>();

    Truth(Gpt2 model, double tolerance) {
      this.model = model;
      this.tolerance = tolerance;
    }

    int context() {
      return model.config().contextLength();
    }

    int vocabulary() {
      return model.config().vocabularySize();
    }

    /** A random text as long as the context. */
    int[] text(int seed) {
      return new Random(seed).ints(context(), 0, vocabulary()).toArray();
    }

    /** The logits after the last token. */
    float[] after(int[] tokens) {
      return known.computeIfAbsent(
          Arrays.stream(tokens).boxed().toList(),
          text -> {
            try (Session session = model.session()) {
              session.prefill(0, tokens);
              return session.logits(0);
            }
          });
    }
  }
}
