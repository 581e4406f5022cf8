package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gpt2j.api.Backend;
import gpt2j.api.SamplingParameters;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.Completion;
import gpt2j.model.gpt2.Decoder;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.LoadOptions;
import gpt2j.model.gpt2.Prompt;
import gpt2j.model.gpt2.Score;
import gpt2j.model.gpt2.ScoreOptions;
import gpt2j.model.gpt2.Session;
import gpt2j.model.gpt2.SessionOptions;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Logits and texts equal to those of Hugging Face transformers, on a backend, whichever way the
 * tokens are evaluated. Differences are of log-probabilities.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class GoldenContract {
  /** Against transformers in float32 as in float64, which differ by up to 2.5e-5 themselves. */
  private static final double TOLERANCE = 1e-4;

  /**
   * With bfloat16 weights, against transformers with its matrices rounded to bfloat16: what
   * rounding them changes is the same on both sides, so only arithmetic is left.
   */
  private static final double BFLOAT16_TOLERANCE = 1e-4;

  private static final float REPETITION_PENALTY = 1.5f; // make_golden.py has the same

  private final List<Golden> goldens = Golden.all();
  private final Tokenizer tokenizer = Tokenizer.load(goldens.getFirst().folder()); // alike for all
  private final Measurements measurements = new Measurements();
  private final Map<WeightFormat, Map<Golden, Gpt2>> models = new EnumMap<>(WeightFormat.class);
  private Backend backend;

  /** Opens the backend under test. */
  abstract Backend open();

  /** How far log-probabilities may be off with bfloat16 weights. */
  double roundedTolerance() {
    return BFLOAT16_TOLERANCE;
  }

  @BeforeAll
  void openBackend() {
    backend = open();
  }

  @AfterAll
  void closeAll() {
    models.values().forEach(byGolden -> byGolden.values().forEach(Gpt2::close));
    backend.close();
    measurements.write(Path.of("target", "golden", getClass().getSimpleName() + ".md"));
  }

  /** Those that are tried: all of them, unless the device is too slow for that. */
  List<Golden> goldens() {
    return goldens;
  }

  /** Those of them with which texts are generated without the cache too. */
  List<Golden> recomputed() {
    return goldens();
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void evaluatesAtOnce(Golden golden) {
    float[][] logits = evaluate(golden, WeightFormat.F32, golden.tokens().length);
    double difference = LogProbabilities.difference(logits, golden.logits());
    double error = LogProbabilities.difference(logits, golden.preciseLogits());
    measurements.add(golden, "f32 at once, from transformers' float32", difference);
    measurements.add(golden, "f32 at once, from float64", error);
    assertTrue(difference < TOLERANCE, () -> "off from float32 by " + difference);
    assertTrue(error < TOLERANCE, () -> "off from float64 by " + error);
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void evaluatesInChunks(Golden golden) {
    double[][] expected = golden.preciseLogits();
    for (int rows : new int[] {2, 7, 64}) {
      double difference =
          LogProbabilities.difference(evaluate(golden, WeightFormat.F32, rows), expected);
      measurements.add(golden, "f32 in chunks, from float64", difference);
      assertTrue(difference < TOLERANCE, () -> rows + " rows at a time: off by " + difference);
    }
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void evaluatesTokenByToken(Golden golden) {
    List<float[]> logits = new ArrayList<>();
    try (Session session = model(golden, WeightFormat.F32).session()) {
      for (int token : golden.tokens()) {
        session.prefill(0, token);
        logits.add(session.logits(0));
      }
    }
    double difference =
        LogProbabilities.difference(logits.toArray(float[][]::new), golden.preciseLogits());
    measurements.add(golden, "f32 token by token, from float64", difference);
    assertTrue(difference < TOLERANCE, () -> "off by " + difference);
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void decodesGreedily(Golden golden) {
    int[] expected = golden.greedy();
    int[] drawn = new int[expected.length];
    float[] after;
    try (Session session = model(golden, WeightFormat.F32).session()) {
      session.prefill(0, golden.prompt());
      try (Decoder decoder = session.decoder(SamplingParameters.greedy(), 0)) {
        for (int i = 0; i < drawn.length; i++) {
          drawn[i] = decoder.next()[0];
        }
      }
      // Looks back at all keys and values that decoding has stored.
      after = session.evaluate(0, drawn[drawn.length - 1])[0];
    }
    assertArrayEquals(expected, drawn);
    double difference = LogProbabilities.difference(after, golden.logitsAfterGreedy());
    assertTrue(difference < TOLERANCE, () -> "logits afterwards are off by " + difference);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void generates(boolean useCache) {
    SamplingParameters penalized =
        SamplingParameters.greedy().withRepetitionPenalty(REPETITION_PENALTY);
    for (Golden golden : useCache ? goldens() : recomputed()) {
      assertArrayEquals(
          golden.greedy(),
          generate(golden, SamplingParameters.greedy(), useCache),
          () -> golden + ", greedy");
      assertArrayEquals(
          golden.greedyPenalized(),
          generate(golden, penalized, useCache),
          () -> golden + ", with a repetition penalty");
    }
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void scores(Golden golden) {
    int[] tokens = golden.tokens();
    Score score =
        model(golden, WeightFormat.F32).score(tokens, ScoreOptions.defaults().withTopLogprobs(1));
    double[][] logits = golden.preciseLogits();
    double sum = 0;
    for (int i = 1; i < tokens.length; i++) {
      double[] expected = LogProbabilities.of(logits[i - 1]);
      Score.TokenScore actual = score.tokens().get(i);
      assertEquals(expected[tokens[i]], actual.logprob().orElseThrow(), TOLERANCE);
      double best = Arrays.stream(expected).max().orElseThrow();
      assertEquals(best, actual.top().getFirst().logprob(), TOLERANCE);
      sum -= expected[tokens[i]];
    }
    assertEquals(sum / (tokens.length - 1), score.meanNll(), TOLERANCE);
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void evaluatesWithBFloat16Weights(Golden golden) {
    evaluatesWithRoundedWeights(golden, WeightFormat.BF16);
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void evaluatesWithWeightsOfEightBits(Golden golden) {
    evaluatesWithRoundedWeights(golden, WeightFormat.Q8_0);
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void evaluatesWithWeightsOfFourBits(Golden golden) {
    evaluatesWithRoundedWeights(golden, WeightFormat.Q4_0);
  }

  private void evaluatesWithRoundedWeights(Golden golden, WeightFormat format) {
    assumeTrue(backend.supports(format), "the backend has no weights in " + format);
    int all = golden.tokens().length;
    for (int rows : new int[] {all, 7, 1}) {
      float[][] logits = evaluate(golden, format, rows);
      double difference =
          LogProbabilities.difference(logits, golden.logitsOfRoundedWeights(format));
      double error = LogProbabilities.difference(logits, golden.preciseLogits());
      measurements.add(golden, format + ", from float64 with rounded weights", difference);
      measurements.add(golden, format + ", from float64", error);
      assertTrue(
          difference < roundedTolerance(), () -> rows + " rows at a time: off by " + difference);
    }
  }

  /** Logits of all tokens, evaluated some rows at a time. */
  private float[][] evaluate(Golden golden, WeightFormat precision, int rows) {
    SessionOptions options = SessionOptions.defaults().withPrefillChunk(rows);
    try (Session session = model(golden, precision).session(options)) {
      return session.evaluate(0, golden.tokens());
    }
  }

  private int[] generate(Golden golden, SamplingParameters sampling, boolean useCache) {
    GenerationRequest request =
        GenerationRequest.of(Prompt.of(golden.prompt()))
            .withMaxNewTokens(golden.greedy().length)
            .withStopAtEndOfText(false)
            .withUseCache(useCache)
            .withSampling(sampling);
    Completion completion = model(golden, WeightFormat.F32).generate(request).getFirst();
    return completion.tokens().stream().mapToInt(Integer::intValue).toArray();
  }

  private Gpt2 model(Golden golden, WeightFormat precision) {
    return models
        .computeIfAbsent(precision, ignored -> new HashMap<>())
        .computeIfAbsent(golden, ignored -> load(golden, precision));
  }

  private Gpt2 load(Golden golden, WeightFormat precision) {
    LoadOptions options = LoadOptions.defaults().withPrecision(precision).withNotes(_ -> {});
    try (Checkpoint checkpoint = Checkpoint.open(golden.folder())) {
      return Gpt2.load(checkpoint, tokenizer, backend, options);
    }
  }
}
