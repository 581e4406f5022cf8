package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.Dropout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@link gpt2j.api.training.TrainingOperations#dropout} and {@link
 * gpt2j.api.training.TrainingOperations#addResidual}.
 */
abstract class DropoutContract extends TrainingPart {
  /** Two roundings: of the factor and of the product. */
  private static final double TOLERANCE = 3e-7;

  DropoutContract(TrainingContract subject) {
    super(subject);
  }

  /** A result is 0 if and only if the mask drops its element, since no x is 0. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 0.5, 1, 0, 0",
    "1, 3, 0.1, 1, 0, 1",
    "5, 7, 0.9, -1, 3, 2",
    "3, 64, 0.25, 81985529216486895, 2, 1000000",
    "17, 33, 0.1, -81985529216486896, 2147483647, -5",
    "40, 101, 0.001, 42, 7, 9",
    "40, 101, 0.999, 42, 7, 9",
    "33, 100, 0.2, 1311768467294899695, -2, 2147483647"
  })
  void dropsWhatTheMaskDrops(int n, int width, float probability, long seed, int site, int pass) {
    float[] x = nonZero(n * width);
    float[] residual = Numbers.random(4, n * width, 1);
    onBackend(
        bench -> {
          Dropout dropout = new Dropout.Random(probability, seed, site, bench.ints(pass));
          DropoutMask mask = DropoutMask.of(dropout, pass);
          double[] expected = new double[n * width];
          for (int i = 0; i < expected.length; i++) {
            expected[i] = x[i] * mask.factor(i);
          }
          Tensor input = bench.floats(x, n, width);
          Tensor out = bench.floats(n, width);
          bench.training().dropout(out, input, dropout);
          bench.expect("dropout", out, expected, TOLERANCE);
          float[] values = bench.read(out);
          Tensor sum = bench.floats(residual, n, width);
          bench.training().addResidual(sum, input, dropout);
          bench.expect("residual", sum, Doubles.sum(residual, expected), TOLERANCE);
          float[] sums = bench.read(sum);
          for (int i = 0; i < expected.length; i++) {
            if ((values[i] == 0) != (expected[i] == 0)) {
              throw new AssertionError("element " + i + " is " + values[i]);
            }
            if (expected[i] == 0 && sums[i] != residual[i]) {
              throw new AssertionError("residual " + i + " has changed");
            }
          }
          bench.training().dropout(input, input, dropout);
          assertArrayEquals(values, bench.read(input), "in place");
        });
  }

  private static float[] nonZero(int count) {
    float[] x = Numbers.random(3, count, 1);
    for (int i = 0; i < count; i++) {
      x[i] += Math.copySign(0.1f, x[i]);
    }
    return x;
  }

  @Test
  void noneKeepsEverything() {
    float[] x = Numbers.random(3, 7 * 33, 1);
    float[] residual = Numbers.random(4, 7 * 33, 1);
    float[] sums = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      sums[i] = residual[i] + x[i];
    }
    onBackend(
        bench -> {
          Tensor input = bench.floats(x, 7, 33);
          Tensor out = bench.floats(7, 33);
          bench.training().dropout(out, input, Dropout.NONE);
          assertArrayEquals(x, bench.read(out));
          bench.training().dropout(input, input, Dropout.NONE);
          assertArrayEquals(x, bench.read(input), "in place");
          Tensor sum = bench.floats(residual, 7, 33);
          bench.training().addResidual(sum, input, Dropout.NONE);
          assertArrayEquals(sums, bench.read(sum), "residual");
        });
  }

  /** The number of the pass lies on the device: it may change between two calls. */
  @Test
  void followsThePassOnTheDevice() {
    compare(
        bench -> {
          Tensor pass = bench.ints(0);
          Dropout dropout = new Dropout.Random(0.5f, 9, 1, pass);
          Tensor x = bench.floats(nonZero(200), 4, 50);
          for (int number = 0; number < 3; number++) {
            bench.write(pass, number);
            Tensor out = bench.floats(4, 50);
            bench.training().dropout(out, x, dropout);
            bench.show("pass " + number, out, TOLERANCE);
          }
        });
  }
}
