package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** {@link SamplingState}: streams, numbers of draws, tokens seen, and resets. */
abstract class SamplingStateContract extends Contract {
  private static final int VOCABULARY = 257;
  private static final SamplingParameters RANDOM = SamplingParameters.random(99);
  private static final SamplingParameters PENALTY = new SamplingParameters(1, 0, 1, 0, 3, 99);

  /** The same for every row; all tokens about equally likely. */
  private static final float[] LOGITS = Numbers.random(1, VOCABULARY, 0.1);

  SamplingStateContract(BackendContract subject) {
    super(subject);
  }

  @Test
  void describesItself() {
    onBackend(
        bench -> {
          SamplingState state = bench.sampling(5, VOCABULARY, PENALTY);
          assertEquals(5, state.rows());
          assertEquals(VOCABULARY, state.vocabulary());
        });
  }

  @Test
  void startsAsAfterAReset() {
    onBackend(
        bench -> {
          int[][] fresh = draw(bench, bench.sampling(7, VOCABULARY, PENALTY), 20);
          SamplingState reset = bench.sampling(7, VOCABULARY, PENALTY);
          draw(bench, reset, 5);
          for (int row = 0; row < 7; row++) {
            reset.reset(row, row, 0);
          }
          assertArrayEquals(fresh, draw(bench, reset, 20));
        });
  }

  @Test
  void equalStreamsDrawEqualNumbers() {
    onBackend(
        bench -> {
          SamplingState state = bench.sampling(4, VOCABULARY, RANDOM);
          state.reset(0, 1L << 32, 0);
          state.reset(1, 0, 0);
          state.reset(2, 1L << 32, 0);
          state.reset(3, 1, 0);
          for (int[] tokens : draw(bench, state, 20)) {
            assertEquals(tokens[0], tokens[2]);
          }
          int[][] drawn = draw(bench, state, 20);
          assertFalse(Arrays.stream(drawn).allMatch(t -> t[0] == t[1]), "the stream's high half");
          assertFalse(Arrays.stream(drawn).allMatch(t -> t[1] == t[3]), "the stream's low half");
        });
  }

  /** A draw depends on its number alone, so a sequence can be taken up anywhere. */
  @Test
  void drawsAreCounted() {
    onBackend(
        bench -> {
          SamplingState state = bench.sampling(3, VOCABULARY, RANDOM);
          int[][] all = draw(bench, state, 30);
          long distinct = Arrays.stream(all).mapToInt(tokens -> tokens[0]).distinct().count();
          assertTrue(distinct > 15, distinct + " different tokens in 30 draws of 257");
          for (int from : new int[] {29, 0, 17}) {
            for (int row = 0; row < 3; row++) {
              state.reset(row, row, from);
            }
            int[][] rest = Arrays.copyOfRange(all, from, 30);
            assertArrayEquals(rest, draw(bench, state, 30 - from), "from draw " + from);
          }
        });
  }

  @Test
  void resettingOneRowLeavesTheOthers() {
    onBackend(
        bench -> {
          int[][] undisturbed = draw(bench, bench.sampling(3, VOCABULARY, PENALTY), 20);
          SamplingState state = bench.sampling(3, VOCABULARY, PENALTY);
          draw(bench, state, 10);
          state.reset(1, 77, 5, 1, 2, 3);
          int[][] rest = draw(bench, state, 10);
          for (int step = 0; step < 10; step++) {
            assertEquals(undisturbed[10 + step][0], rest[step][0], "row 0");
            assertEquals(undisturbed[10 + step][2], rest[step][2], "row 2");
          }
        });
  }

  /** Nothing waits between the draws and the reset, and still the reset comes after them. */
  @Test
  void aResetIsInOrderWithTheDraws() {
    onBackend(
        bench -> {
          SamplingState state = bench.sampling(1, VOCABULARY, PENALTY);
          int[][] expected = draw(bench, state, 5);
          Tensor tokens = bench.ints(new int[40]);
          Tensor values = bench.floats(repeated(40), 40, VOCABULARY);
          state.reset(0, 0, 0);
          for (int step = 0; step < 40; step++) {
            if (step % 5 == 0) {
              state.reset(0, 0, 0);
            }
            bench.operations().sample(tokens.rows(step, 1), values.rows(step, 1), state);
          }
          int[] drawn = bench.readInts(tokens);
          for (int step = 0; step < 40; step++) {
            assertEquals(expected[step % 5][0], drawn[step], "step " + step);
          }
        });
  }

  @Test
  void twoStatesDoNotMix() {
    onBackend(
        bench -> {
          int[][] alone = draw(bench, bench.sampling(2, VOCABULARY, PENALTY), 10);
          SamplingState first = bench.sampling(2, VOCABULARY, PENALTY);
          SamplingState second = bench.sampling(2, VOCABULARY, PENALTY);
          for (int step = 0; step < 10; step++) {
            assertArrayEquals(alone[step], draw(bench, first, 1)[0], "first");
            assertArrayEquals(alone[step], draw(bench, second, 1)[0], "second");
          }
        });
  }

  /** {@code [steps][rows]} tokens from {@link #LOGITS}. */
  private static int[][] draw(Workbench bench, SamplingState state, int steps) {
    int[][] drawn = new int[steps][];
    Tensor tokens = bench.ints(new int[state.rows()]);
    Tensor logits = bench.floats(state.rows(), VOCABULARY);
    for (int step = 0; step < steps; step++) {
      bench.write(logits, repeated(state.rows()));
      bench.operations().sample(tokens, logits, state);
      drawn[step] = bench.readInts(tokens);
    }
    return drawn;
  }

  private static float[] repeated(int rows) {
    float[] values = new float[rows * VOCABULARY];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(LOGITS, 0, values, row * VOCABULARY, VOCABULARY);
    }
    return values;
  }
}
