package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.SamplingParameters;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@link gpt2j.api.Operations#sample} with a temperature. Every draw is that of the documented
 * steps in float64, save for near ties.
 */
abstract class SamplingContract extends Contract {
  static final List<SamplingParameters> EVERY_PARAMETER =
      List.of(
          SamplingParameters.random(0),
          SamplingParameters.random(-1),
          SamplingParameters.random(0x123456789ABCDEF0L),
          new SamplingParameters(0.7f, 0, 1, 0, 1, 42),
          new SamplingParameters(2.5f, 0, 1, 0, 1, 42),
          new SamplingParameters(0.01f, 0, 1, 0, 1, 42),
          new SamplingParameters(1, 1, 1, 0, 1, 42),
          new SamplingParameters(1, 2, 1, 0, 1, 42),
          new SamplingParameters(1, 40, 1, 0, 1, 42),
          new SamplingParameters(1, 1_000_000, 1, 0, 1, 42),
          new SamplingParameters(1, 0, 0.95f, 0, 1, 42),
          new SamplingParameters(1, 0, 0.5f, 0, 1, 42),
          new SamplingParameters(1, 0, 0.001f, 0, 1, 42),
          new SamplingParameters(1, 0, 1, 0.05f, 1, 42),
          new SamplingParameters(1, 0, 1, 0.9f, 1, 42),
          new SamplingParameters(1, 0, 1, 0, 1.3f, 42),
          new SamplingParameters(1, 0, 1, 0, 0.7f, 42),
          new SamplingParameters(0.8f, 40, 0.95f, 0.05f, 1.2f, 42),
          new SamplingParameters(1.5f, 10, 0.6f, 0.01f, 1.1f, 7),
          new SamplingParameters(3, 100, 0.99f, 0.001f, 1, 8));

  SamplingContract(BackendContract subject) {
    super(subject);
  }

  @ParameterizedTest
  @FieldSource("EVERY_PARAMETER")
  void drawsTheSameTokens(SamplingParameters parameters) {
    onBackend(
        bench -> {
          for (int vocabulary : new int[] {1, 2, 3, 5, 16, 17, 100, 257, 1003}) {
            Draws draws = new Draws(bench, parameters, 5, vocabulary);
            draws.reset(3, 1L << 40 | 5, 1_000_000, 0, vocabulary - 1);
            for (int step = 0; step < subject().draws(30); step++) {
              draws.draw(Numbers.random(step, 5 * vocabulary, 3));
            }
            draws.assertFewNearTies();
          }
        });
  }

  @ParameterizedTest
  @FieldSource("EVERY_PARAMETER")
  void drawsTheSameTokensOfGpt2(SamplingParameters parameters) {
    onBackend(
        bench -> {
          Draws draws = new Draws(bench, parameters, 2, 50_257);
          for (int step = 0; step < 3; step++) {
            draws.draw(Numbers.random(step, 2 * 50_257, 3));
          }
          draws.assertFewNearTies();
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8, 33, 100})
  void anyNumberOfRows(int rows) {
    onBackend(
        bench -> {
          SamplingParameters all = new SamplingParameters(0.8f, 40, 0.95f, 0.05f, 1.2f, 1);
          Draws draws = new Draws(bench, all, rows, 257);
          for (int step = 0; step < 10; step++) {
            draws.draw(Numbers.random(step, rows * 257, 3));
          }
          draws.assertFewNearTies();
        });
  }

  /** Frequencies of 12 800 draws against the softmax, by Pearson's χ² test. */
  @ParameterizedTest
  @ValueSource(floats = {0.5f, 1, 2})
  void frequenciesAreProbabilities(float temperature) {
    float[] logits = {1, 0, -1, 0.5f, 2, -0.3f, 1.5f, -2};
    onBackend(
        bench -> {
          SamplingParameters parameters = new SamplingParameters(temperature, 0, 1, 0, 1, 1234);
          Draws draws = new Draws(bench, parameters, 64, logits.length);
          int[] counts = new int[logits.length];
          for (int step = 0; step < 200; step++) {
            for (int token : draws.draw(repeated(logits, 64))) {
              counts[token]++;
            }
          }
          double total = 0;
          for (float logit : logits) {
            total += Math.exp(logit / temperature);
          }
          double chiSquare = 0;
          for (int token = 0; token < logits.length; token++) {
            double expected = 12_800 * Math.exp(logits[token] / temperature) / total;
            chiSquare += Math.pow(counts[token] - expected, 2) / expected;
          }
          // 7 degrees of freedom: above 35 once in 100 000 times.
          assertTrue(chiSquare < 35, "χ² = " + chiSquare + " for " + Arrays.toString(counts));
        });
  }

  /** Probabilities that are powers of two, so that nothing here is a matter of rounding. */
  @Test
  void filtersKeepWhatTheyShould() {
    float[] equal = new float[8];
    assertDrawn(new SamplingParameters(1, 3, 1, 0, 1, 5), equal, 0, 1, 2);
    assertDrawn(new SamplingParameters(1, 0, 0.25f, 0, 1, 5), equal, 0, 1);
    assertDrawn(new SamplingParameters(1, 0, 0.26f, 0, 1, 5), equal, 0, 1, 2);
    assertDrawn(new SamplingParameters(1, 0, 1e-10f, 0, 1, 5), equal, 0);
    assertDrawn(new SamplingParameters(1, 0, 1, 0.999f, 1, 5), equal, 0, 1, 2, 3, 4, 5, 6, 7);
    float ln2 = (float) Math.log(2);
    float[] halves = {0, 3 * ln2, ln2, 2 * ln2, ln2}; // 1 : 8 : 2 : 4 : 2
    assertDrawn(new SamplingParameters(1, 2, 1, 0, 1, 5), halves, 1, 3);
    assertDrawn(new SamplingParameters(1, 3, 1, 0, 1, 5), halves, 1, 2, 3);
    assertDrawn(new SamplingParameters(1, 0, 0.4f, 0, 1, 5), halves, 1);
    assertDrawn(new SamplingParameters(1, 0, 0.6f, 0, 1, 5), halves, 1, 3);
    assertDrawn(new SamplingParameters(1, 0, 0.75f, 0, 1, 5), halves, 1, 2, 3);
    assertDrawn(new SamplingParameters(1, 0, 1, 0.4f, 1, 5), halves, 1, 3);
    assertDrawn(new SamplingParameters(1, 0, 1, 0.2f, 1, 5), halves, 1, 2, 3, 4);
    // Top-p counts with the probabilities of what top-k has left: 8/12, not 8/17.
    assertDrawn(new SamplingParameters(1, 2, 0.6f, 0, 1, 5), halves, 1);
    // Temperature comes first: at 2, the ratio 8 : 4 is 2.83 : 2.
    assertDrawn(new SamplingParameters(2, 0, 1, 0.6f, 1, 5), halves, 1, 3);
    // So does the penalty: the largest, seen, falls to 2.4·ln 2, or to ln 2.
    assertDrawnSeen(new SamplingParameters(1, 1, 1, 0, 1.25f, 5), halves, 1, 1);
    assertDrawnSeen(new SamplingParameters(1, 1, 1, 0, 3, 5), halves, 1, 3);
  }

  /** Every one of the tokens is drawn in 64 × 20 draws, or somewhat fewer, and no other. */
  private void assertDrawn(SamplingParameters parameters, float[] logits, int... tokens) {
    onBackend(
        bench -> {
          Draws draws = new Draws(bench, parameters, 64, logits.length);
          int steps = subject().draws(20);
          int[] drawn = new int[64 * steps];
          for (int step = 0; step < steps; step++) {
            System.arraycopy(draws.draw(repeated(logits, 64)), 0, drawn, 64 * step, 64);
          }
          int[] distinct = Arrays.stream(drawn).distinct().sorted().toArray();
          assertEquals(Arrays.toString(tokens), Arrays.toString(distinct), parameters.toString());
        });
  }

  private void assertDrawnSeen(
      SamplingParameters parameters, float[] logits, int seen, int expected) {
    onBackend(
        bench -> {
          Draws draws = new Draws(bench, parameters, 1, logits.length);
          draws.reset(0, 0, 0, seen);
          assertEquals(expected, draws.draw(logits)[0], parameters.toString());
        });
  }

  /**
   * Random numbers so near to 1 that float32 would make them 1, and their noise infinite. Their
   * noise is 19.74 and 21.78, that of the other tokens of these draws below 3.
   */
  @Test
  void rareNoiseIsFinite() {
    onBackend(
        bench -> {
          Draws draws = new Draws(bench, SamplingParameters.random(42), 2, 4);
          for (float other : new float[] {10, 16, 17.5f, 25, 28}) {
            draws.reset(0, 45_946_318, 0);
            draws.reset(1, 168_446_888, 0);
            draws.draw(new float[] {0, other, other, other, other, 0, other, other});
          }
        });
  }

  @Test
  void impossibleTokensAreNeverDrawn() {
    onBackend(
        bench -> {
          for (SamplingParameters parameters : EVERY_PARAMETER) {
            Draws draws = new Draws(bench, parameters, 3, 50);
            float[] logits = Numbers.random(1, 3 * 50, 1);
            for (int i = 0; i < logits.length; i++) {
              if (i % 50 >= 3) {
                logits[i] = Float.NEGATIVE_INFINITY;
              }
            }
            for (int step = 0; step < subject().draws(30); step++) {
              for (int token : draws.draw(logits)) {
                assertTrue(token < 3, parameters + " drew token " + token);
              }
            }
          }
        });
  }

  /** Logits over such a temperature would overflow float32. */
  @ParameterizedTest
  @ValueSource(floats = {1e-6f, 1e-20f, 1e-38f})
  void anAlmostZeroTemperatureIsGreedy(float temperature) {
    SplittableRandom random = new SplittableRandom(3);
    onBackend(
        bench -> {
          SamplingParameters parameters =
              new SamplingParameters(temperature, 50, 0.9f, 0.1f, 1, 42);
          Draws draws = new Draws(bench, parameters, 1, 257);
          for (int step = 0; step < 20; step++) {
            float[] logits = Numbers.random(step, 257, 3);
            int winner = random.nextInt(257);
            logits[winner] = 50;
            assertEquals(winner, draws.draw(logits)[0]);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(floats = {1e3f, 1e6f, 1e30f})
  void largeLogitsDoNotOverflow(float size) {
    onBackend(
        bench -> {
          SamplingParameters filters = new SamplingParameters(1, 50, 0.9f, 0.1f, 1, 42);
          Draws draws = new Draws(bench, filters, 3, 257);
          for (int step = 0; step < 20; step++) {
            draws.draw(Numbers.random(step, 3 * 257, size));
          }
        });
  }

  private static float[] repeated(float[] row, int times) {
    float[] rows = new float[row.length * times];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = row[i % row.length];
    }
    return rows;
  }
}
