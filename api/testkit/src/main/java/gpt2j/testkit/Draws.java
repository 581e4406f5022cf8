package gpt2j.testkit;

import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.Step;
import gpt2j.api.tensor.Tensor;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;

/**
 * Draws from a backend, each compared with the documented steps in float64. It keeps the state that
 * the backend should have, with the tokens that the backend drew.
 */
final class Draws {
  private final Workbench bench;
  private final SamplingParameters[] parameters;
  private final int vocabulary;
  private final SamplingState state;
  private final Tensor tokens;
  private final Tensor logits;
  private final long[] streams;
  private final int[] numbers;
  private final History[] histories;
  private int draws;
  private int nearTies;

  Draws(Workbench bench, SamplingParameters parameters, int rows, int vocabulary) {
    this.bench = bench;
    this.parameters = new SamplingParameters[rows];
    Arrays.fill(this.parameters, parameters);
    this.vocabulary = vocabulary;
    state = bench.sampling(rows, vocabulary, parameters);
    tokens = bench.ints(new int[rows]);
    logits = bench.floats(rows, vocabulary);
    streams = new long[rows];
    numbers = new int[rows];
    histories = new History[rows];
    for (int row = 0; row < rows; row++) {
      streams[row] = row;
      histories[row] = History.none();
    }
  }

  SamplingState state() {
    return state;
  }

  void use(int row, SamplingParameters changed) {
    state.use(row, changed);
    parameters[row] = changed;
  }

  void allow(int row, @Nullable BitSet allowed) {
    state.allow(row, allowed);
    histories[row] = histories[row].allowing(allowed);
  }

  void reset(int row, long stream, int draw, int... prompt) {
    reset(row, stream, draw, prompt, new int[0]);
  }

  void reset(int row, long stream, int draw, int[] prompt, int[] drawn) {
    state.reset(row, stream, draw, prompt, drawn);
    streams[row] = stream;
    numbers[row] = draw;
    histories[row] = History.of(prompt, drawn, histories[row].allowed());
  }

  /** A step that draws from the logits that lie there when it runs. */
  Step record() {
    return bench.record("draw", () -> bench.operations().sample(tokens, logits, state));
  }

  /** The same with what makes the logits before. */
  Step record(Consumer<Tensor> head) {
    return bench.record(
        "head and draw",
        () -> {
          head.accept(logits);
          bench.operations().sample(tokens, logits, state);
        });
  }

  /** Draws by a recorded step, from these logits. */
  int[] draw(Step step, float[] values) {
    bench.write(logits, values);
    step.run();
    return check(values);
  }

  /** Draws once per row from logits {@code [rows, vocabulary]}. */
  int[] draw(float[] values) {
    bench.write(logits, values);
    return sample(values);
  }

  /**
   * Draws once per row right behind what makes the logits; of what is made alone, before, it knows
   * what to expect.
   *
   * @param head queues what makes {@code [rows, vocabulary]} logits in the tensor it is given, each
   *     time the same
   */
  int[] drawBehind(Consumer<Tensor> head) {
    head.accept(logits);
    float[] values = bench.read(logits);
    bench.write(logits, new float[values.length]);
    head.accept(logits);
    return sample(values);
  }

  /** The same by a recorded step of that and the draw. */
  int[] drawBehind(Consumer<Tensor> head, Step step) {
    head.accept(logits);
    float[] values = bench.read(logits);
    step.run();
    return check(values);
  }

  private int[] sample(float[] values) {
    bench.operations().sample(tokens, logits, state);
    return check(values);
  }

  private int[] check(float[] values) {
    int[] drawn = bench.readInts(tokens);
    Assertions.assertArrayEquals(values, bench.read(logits), "logits have changed");
    for (int row = 0; row < drawn.length; row++) {
      check(row, Arrays.copyOfRange(values, row * vocabulary, (row + 1) * vocabulary), drawn[row]);
    }
    return drawn;
  }

  private void check(int row, float[] values, int drawn) {
    SamplingParameters own = parameters[row];
    History history = histories[row];
    int expected = Sampler.draw(own, values, history, numbers[row], streams[row]);
    if (drawn != expected) {
      String message =
          "%s, row %d of %d tokens, stream %d, draw %d: token %d instead of %d"
              .formatted(own, row, vocabulary, streams[row], numbers[row], drawn, expected);
      boolean exact = own.temperature() == 0 || expected == SamplingState.NO_TOKEN;
      Assertions.assertTrue(drawn >= 0 && drawn < vocabulary && !exact, message);
      NearTies near = new NearTies(own, values, history, numbers[row], streams[row]);
      Assertions.assertTrue(near.mayWin(drawn), message + ", which is no near tie");
      nearTies++;
    }
    draws++;
    numbers[row]++;
    if (drawn != SamplingState.NO_TOKEN) {
      history.add(drawn);
    }
  }

  /** Near ties are rare, so many of them are a mistake after all. */
  void assertFewNearTies() {
    Assertions.assertTrue(
        nearTies <= 2 + draws / 500, nearTies + " of " + draws + " draws were turned by rounding");
  }
}
