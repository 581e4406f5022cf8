package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.Step;
import gpt2j.api.tensor.Tensor;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@link gpt2j.api.Operations#sample} where each row has parameters, penalties, biases and allowed
 * tokens of its own, which change while a recorded step goes on.
 */
abstract class RowSamplingContract extends Contract {
  private static final int VOCABULARY = 257;

  private static final SamplingParameters GREEDY = SamplingParameters.greedy();
  private static final SamplingParameters RANDOM = SamplingParameters.random(3);
  private static final SamplingParameters FILTERED =
      new SamplingParameters(0.8f, 20, 0.9f, 0.02f, 1.2f, 9);
  private static final SamplingParameters PRESENCE = GREEDY.withPresencePenalty(1.5f);
  private static final SamplingParameters FREQUENCY = RANDOM.withFrequencyPenalty(0.75f);
  private static final SamplingParameters BIASED =
      FILTERED.withLogitBias(Map.of(0, 4f, 5, -3f, 100, 6f, VOCABULARY - 1, 5f));
  private static final SamplingParameters ALL =
      FILTERED
          .withSeed(77)
          .withPresencePenalty(-0.5f)
          .withFrequencyPenalty(0.25f)
          .withLogitBias(Map.of(7, 2f, 8, 2f));

  private static final List<SamplingParameters> EACH =
      List.of(GREEDY, RANDOM, FILTERED, PRESENCE, FREQUENCY, BIASED, ALL);

  RowSamplingContract(BackendContract subject) {
    super(subject);
  }

  @Test
  void eachRowHasItsOwn() {
    onBackend(
        bench -> {
          Draws draws = different(bench);
          for (int step = 0; step < subject().draws(40); step++) {
            draws.draw(random(step, EACH.size()));
          }
          draws.assertFewNearTies();
        });
  }

  private static Draws different(Workbench bench) {
    Draws draws = new Draws(bench, GREEDY, EACH.size(), VOCABULARY);
    for (int row = 0; row < EACH.size(); row++) {
      draws.use(row, EACH.get(row));
      draws.reset(row, row, 0, new int[] {1, 2, 3, row}, new int[] {4, 4, 5, row});
    }
    return draws;
  }

  /** What lies before the last rows of a state is drawn from without them. */
  @Test
  void fewerRowsThanTheState() {
    onBackend(
        bench -> {
          SamplingState state = bench.sampling(8, VOCABULARY, RANDOM);
          SamplingState alone = bench.sampling(3, VOCABULARY, RANDOM);
          float[] values = random(1, 8);
          Tensor tokens = bench.ints(new int[8]);
          Tensor logits = bench.floats(values, 8, VOCABULARY);
          for (int step = 0; step < 5; step++) {
            bench.write(logits, values);
            bench.operations().sample(tokens.rows(0, 3), logits.rows(0, 3), state);
            int[] drawn = Arrays.copyOf(bench.readInts(tokens), 3);
            bench.write(logits, values);
            bench.operations().sample(tokens.rows(0, 3), logits.rows(0, 3), alone);
            assertArrayEquals(Arrays.copyOf(bench.readInts(tokens), 3), drawn);
          }
          SamplingState all = bench.sampling(8, VOCABULARY, RANDOM);
          bench.write(logits, values);
          bench.operations().sample(tokens, logits, all);
          int first = bench.readInts(tokens)[7];
          bench.write(logits, values);
          bench.operations().sample(tokens, logits, state);
          assertEquals(first, bench.readInts(tokens)[7], "the last row has not drawn before");
        });
  }

  /** A step that was recorded with no filter goes on with one, with biases, and with none again. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 11})
  void aRecordedStepTakesWhatIsWrittenBetweenItsRuns(int rows) {
    onBackend(
        bench -> {
          Draws draws = new Draws(bench, GREEDY, rows, VOCABULARY);
          Step step = draws.record();
          for (int run = 0; run < subject().draws(4 * EACH.size()); run++) {
            int row = run % rows;
            draws.use(row, EACH.get(run % EACH.size()));
            draws.allow(row, run % 3 == 1 ? bits(run % 7, 11, 200, VOCABULARY - 1) : null);
            if (run % 5 == 2) {
              draws.reset(row, run, run, new int[] {run}, new int[] {7, 7, run % 9});
            }
            draws.draw(step, random(run, rows));
          }
          draws.assertFewNearTies();
        });
  }

  @Test
  void changingParametersKeepsTheHistory() {
    onBackend(
        bench -> {
          Draws draws = new Draws(bench, RANDOM, 2, VOCABULARY);
          for (int step = 0; step < 10; step++) {
            draws.draw(random(step, 2));
          }
          draws.use(0, GREEDY.withFrequencyPenalty(2));
          draws.use(1, RANDOM.withSeed(4).withRepetitionPenalty(2));
          for (int step = 0; step < 10; step++) {
            draws.draw(random(step, 2));
          }
          draws.assertFewNearTies();
        });
  }

  /** Numbers of which nothing is rounded. */
  @Test
  void penaltiesCountWhatWasDrawn() {
    onBackend(
        bench -> {
          float[] logits = {8, 7, 6, 5, -100};
          Draws presence = new Draws(bench, GREEDY.withPresencePenalty(1.5f), 1, 5);
          presence.reset(0, 0, 0, 1);
          assertEquals(List.of(0, 1, 0, 0, 0), drawn(presence, logits, 5));
          Draws frequency = new Draws(bench, GREEDY.withFrequencyPenalty(1.5f), 1, 5);
          assertEquals(List.of(0, 1, 0, 2, 1, 0, 3, 2), drawn(frequency, logits, 8));
          frequency.reset(0, 0, 0, new int[] {0, 0, 0}, new int[] {1, 0, 0});
          assertEquals(List.of(2, 1, 0), drawn(frequency, logits, 3));
          Draws bonus = new Draws(bench, GREEDY.withPresencePenalty(-2), 1, 5);
          bonus.reset(0, 0, 0, new int[] {}, new int[] {2});
          assertEquals(List.of(0, 0), drawn(bonus, logits, 2), "8 is as much as 6 + 2");
          Draws raised = new Draws(bench, GREEDY.withPresencePenalty(-3), 1, 5);
          raised.reset(0, 0, 0, new int[] {}, new int[] {2});
          assertEquals(List.of(2, 2), drawn(raised, logits, 2));
        });
  }

  /** The bias comes before the repetition penalty, which turns with its sign. */
  @Test
  void biasesComeFirst() {
    onBackend(
        bench -> {
          SamplingParameters biased = GREEDY.withLogitBias(Map.of(2, 3f, 0, -2f));
          Draws draws = new Draws(bench, biased, 1, 4);
          assertEquals(List.of(2, 2), drawn(draws, new float[] {4, 3.5f, 1, 3}, 2));
          draws.use(0, biased.withRepetitionPenalty(4));
          draws.reset(0, 0, 0, 2);
          assertEquals(1, draws.draw(new float[] {4, 3.5f, 1, 3})[0], "(1 + 3) / 4");
          draws.reset(0, 0, 0, 2);
          assertEquals(2, draws.draw(new float[] {-9, -9, -4, -9})[0], "(−4 + 3) · 4 = −4");
          draws.use(0, GREEDY);
          draws.reset(0, 0, 0);
          assertEquals(0, draws.draw(new float[] {4, 3.5f, 1, 3})[0], "no bias is left");
        });
  }

  private static List<Integer> drawn(Draws draws, float[] logits, int count) {
    return IntStream.range(0, count).mapToObj(_ -> draws.draw(logits)[0]).toList();
  }

  @Test
  void onlyAllowedTokensAreDrawn() {
    onBackend(
        bench -> {
          Draws draws = different(bench);
          for (int row = 0; row < EACH.size(); row++) {
            draws.allow(row, bits(row, 40 + row, 256 - row));
          }
          for (int step = 0; step < 20; step++) {
            draws.draw(random(step, EACH.size()));
          }
          for (int row = 0; row < EACH.size(); row++) {
            draws.allow(row, row % 2 == 0 ? null : bits(3 * row));
          }
          for (int step = 0; step < 5; step++) {
            draws.draw(random(step, EACH.size()));
          }
          draws.assertFewNearTies();
        });
  }

  /** All logits are looked at; and where no allowed token is possible, there is none. */
  @Test
  void whatIsNotAllowedMustBeANumberToo() {
    onBackend(
        bench -> {
          for (SamplingParameters parameters : EACH) {
            Draws draws = new Draws(bench, parameters, 3, VOCABULARY);
            for (int row = 0; row < 3; row++) {
              draws.allow(row, bits(3, 4));
            }
            float[] logits = random(1, 3);
            logits[20] = Float.NaN;
            logits[VOCABULARY + 49] = Float.POSITIVE_INFINITY;
            logits[2 * VOCABULARY + 3] = Float.NEGATIVE_INFINITY;
            logits[2 * VOCABULARY + 4] = Float.NEGATIVE_INFINITY;
            int[] none = {SamplingState.NO_TOKEN, SamplingState.NO_TOKEN, SamplingState.NO_TOKEN};
            assertArrayEquals(none, draws.draw(logits), parameters.toString());
            draws.draw(random(2, 3));
          }
        });
  }

  @Test
  void largeBiasesAndPenaltiesStayNumbers() {
    onBackend(
        bench -> {
          SamplingParameters large =
              GREEDY
                  .withLogitBias(Map.of(1, 3e38f, 2, -3e38f))
                  .withPresencePenalty(-3e38f)
                  .withFrequencyPenalty(-3e38f);
          for (SamplingParameters parameters : List.of(large, large.withTemperature(0.5f))) {
            Draws draws = new Draws(bench, parameters, 1, 4);
            draws.reset(0, 0, 0, new int[] {}, new int[] {3, 3, 3});
            int token = draws.draw(new float[] {0, 1e38f, -1e38f, Float.NEGATIVE_INFINITY})[0];
            assertEquals(1, token, parameters.toString());
          }
        });
  }

  @Test
  void whatDoesNotFitIsRefused() {
    onBackend(
        bench -> {
          SamplingState state = bench.sampling(2, 10, GREEDY);
          List<Executable> calls =
              List.of(
                  () -> state.use(2, GREEDY),
                  () -> state.use(-1, GREEDY),
                  () -> state.use(0, GREEDY.withLogitBias(Map.of(10, 1f))),
                  () -> state.allow(2, null),
                  () -> state.allow(0, new BitSet()),
                  () -> state.allow(0, bits(3, 10)),
                  () -> state.reset(0, 0, 0, new int[] {}, new int[] {10}),
                  () -> state.reset(0, 0, 0, new int[] {-1}, new int[] {}));
          for (Executable call : calls) {
            assertThrows(IllegalArgumentException.class, call);
          }
        });
  }

  private static BitSet bits(int... tokens) {
    BitSet bits = new BitSet();
    Arrays.stream(tokens).forEach(bits::set);
    return bits;
  }

  private static float[] random(int seed, int rows) {
    return Numbers.random(seed, rows * VOCABULARY, 3);
  }
}
