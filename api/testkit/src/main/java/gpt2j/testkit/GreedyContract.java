package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import gpt2j.api.SamplingParameters;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link gpt2j.api.Operations#sample} with temperature 0: no noise, so the result is exact. */
abstract class GreedyContract extends Contract {
  private static final SamplingParameters GREEDY = SamplingParameters.greedy();

  GreedyContract(BackendContract subject) {
    super(subject);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 15, 16, 17, 33, 64, 100, 257, 1000, 1025, 50_257})
  void theLargestLogitWins(int vocabulary) {
    int[] counts = vocabulary > 10_000 ? new int[] {1, 5} : ROWS;
    onBackend(
        bench -> {
          for (int rows : counts) {
            Draws draws = new Draws(bench, GREEDY, rows, vocabulary);
            for (int step = 0; step < 3; step++) {
              draws.draw(Numbers.random(100L * rows + step, rows * vocabulary, 3));
            }
          }
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 16, 33, 257, 1000, 50_257})
  void theLowestTokenWinsAmongEquals(int vocabulary) {
    onBackend(
        bench -> {
          Draws draws = new Draws(bench, GREEDY, 1, vocabulary);
          for (float value :
              new float[] {0, -5, 1e30f, -1e30f, Float.MAX_VALUE, -Float.MAX_VALUE}) {
            assertEquals(0, draws.draw(Numbers.repeated(value, vocabulary))[0], "all " + value);
          }
          for (int first = 0; first < vocabulary; first += 1 + vocabulary / 40) {
            float[] logits = Numbers.repeated(-1, vocabulary);
            for (int token = first; token < vocabulary; token += 3) {
              logits[token] = 2;
            }
            assertEquals(first, draws.draw(logits)[0], "equals from " + first);
          }
        });
  }

  @Test
  void theLargestLogitMayBeAnywhere() {
    int vocabulary = 1000;
    onBackend(
        bench -> {
          Draws draws = new Draws(bench, GREEDY, 100, vocabulary);
          for (int from = 0; from < vocabulary; from += 100) {
            float[] logits = new float[100 * vocabulary];
            int[] expected = new int[100];
            Arrays.fill(logits, Float.NEGATIVE_INFINITY);
            for (int row = 0; row < 100; row++) {
              expected[row] = from + row;
              logits[row * vocabulary + from + row] = -1e30f;
            }
            assertArrayEquals(expected, draws.draw(logits));
          }
        });
  }

  @Test
  void zerosOfEitherSignAreEqual() {
    onBackend(
        bench -> {
          Draws draws = new Draws(bench, GREEDY, 1, 3);
          assertEquals(1, draws.draw(new float[] {-1, -0.0f, 0.0f})[0]);
          assertEquals(1, draws.draw(new float[] {-1, 0.0f, -0.0f})[0]);
        });
  }

  @Test
  void filtersAreLeftOut() {
    onBackend(
        bench -> {
          SamplingParameters filters = new SamplingParameters(0, 2, 0.1f, 0.9f, 1, 42);
          Draws draws = new Draws(bench, filters, 3, 257);
          for (int step = 0; step < 20; step++) {
            draws.draw(Numbers.random(step, 3 * 257, 1));
          }
        });
  }

  /** With penalty 2 and small whole numbers, nothing is rounded, and equals stay equal. */
  @Test
  void theRepetitionPenaltyCountsWithoutATemperatureToo() {
    onBackend(
        bench -> {
          SamplingParameters penalty = new SamplingParameters(0, 0, 1, 0, 2, 0);
          Draws draws = new Draws(bench, penalty, 5, 33);
          draws.reset(2, 0, 0, 0, 5, 32, 5);
          for (int step = 0; step < 60; step++) {
            int[] expected = draws.draw(Numbers.randomWhole(step, 5 * 33, 4));
            assertEquals(5, expected.length);
          }
          Draws negative = new Draws(bench, penalty, 1, 4);
          negative.reset(0, 0, 0, 1);
          assertEquals(0, negative.draw(new float[] {-3, -2, -4, -5})[0], "-2 twice is -4");
          assertEquals(1, negative.draw(new float[] {-3, -2, -4, -5})[0], "-3 twice is -6");
          Draws bonus = new Draws(bench, new SamplingParameters(0, 0, 1, 0, 0.5f, 0), 1, 2);
          bonus.reset(0, 0, 0, 1);
          assertEquals(1, bonus.draw(new float[] {3, 2})[0], "2 halved by a half is 4");
        });
  }
}
