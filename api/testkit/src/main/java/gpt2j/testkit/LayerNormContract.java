package gpt2j.testkit;

import gpt2j.api.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link gpt2j.api.Operations#layerNorm}. */
abstract class LayerNormContract extends Contract {
  private static final float EPSILON = 1e-5f;
  private static final double TOLERANCE = 1e-5;

  /** Half the distance of neighbouring float32, relative. */
  private static final double ROUNDING = 0x1p-24;

  LayerNormContract(BackendContract subject) {
    super(subject);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 15, 16, 17, 48, 63, 64, 65, 100, 768, 1600, 3072, 50_257})
  void normalizes(int width) {
    int[] counts = width > 10_000 ? new int[] {1, 3} : ROWS;
    for (int n : counts) {
      check(n + " rows", Numbers.random(n, n * width, 1), width, EPSILON, TOLERANCE);
    }
  }

  @Test
  void manyRows() {
    check("1000 rows", Numbers.random(3, 1000 * 65, 1), 65, EPSILON, TOLERANCE);
  }

  /** The variance is as small as epsilon, so that leaving epsilon out would show. */
  @ParameterizedTest
  @CsvSource({"48, 1e-5", "768, 1e-5", "768, 1e-12", "768, 1e-3", "65, 1"})
  void addsEpsilonToTheVariance(int width, float epsilon) {
    float[] x = Numbers.random(5, 9 * width, Math.sqrt(epsilon));
    check("epsilon " + epsilon, x, width, epsilon, TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-30, 1e-20, 1e-6, 1e6, 1e15})
  void numbersOfAnySize(double size) {
    check("values about " + size, Numbers.random(6, 5 * 768, size), 768, EPSILON, TOLERANCE);
  }

  /** The mean is rounded to float32; dividing by the deviation magnifies that error. */
  @ParameterizedTest
  @ValueSource(floats = {10, 1e3f, -1e3f, 1e4f})
  void aMeanFarFromZero(float mean) {
    for (int width : new int[] {7, 64, 768, 1600}) {
      float[] x = Numbers.random(7, 4 * width, 1);
      for (int i = 0; i < x.length; i++) {
        x[i] += mean;
      }
      double allowed = TOLERANCE + 8 * ROUNDING * Math.abs(mean);
      check("mean " + mean, x, width, EPSILON, allowed);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {0, -0.0f, 1, -3.7f, 1e-40f, 1e3f})
  void aConstantRowBecomesTheBias(float value) {
    for (int width : new int[] {1, 2, 17, 64, 768, 1600}) {
      double allowed = TOLERANCE + 8 * ROUNDING * Math.abs(value) / Math.sqrt(EPSILON);
      check("all " + value, Numbers.repeated(value, 3 * width), width, EPSILON, allowed);
    }
  }

  @Test
  void aRowOfNaNSpoilsNoOther() {
    compare(
        bench -> {
          int width = 100;
          float[] x = Numbers.random(8, 5 * width, 1);
          Arrays.fill(x, 2 * width, 3 * width, Float.NaN);
          Tensor out = bench.floats(5, width);
          normalize(bench, out, bench.floats(x, 5, width), EPSILON);
          bench.show("rows before", out.rows(0, 2), TOLERANCE);
          bench.show("rows behind", out.rows(3, 2), TOLERANCE);
        });
  }

  @Test
  void isDeterministic() {
    repeat(
        bench -> {
          Tensor out = bench.floats(33, 1600);
          normalize(bench, out, bench.floats(Numbers.random(9, 33 * 1600, 1), 33, 1600), EPSILON);
          bench.show("result", out, 0);
        });
  }

  private void check(String label, float[] x, int width, float epsilon, double tolerance) {
    compare(
        bench -> {
          int n = x.length / width;
          Tensor out = bench.floats(n, width);
          normalize(bench, out, bench.floats(x, n, width), epsilon);
          bench.show(label + " of " + width, out, tolerance);
        });
  }

  private static void normalize(Workbench bench, Tensor out, Tensor x, float epsilon) {
    int width = x.shape().size(1);
    float[] gain = Numbers.random(1, width, 0.5);
    for (int i = 0; i < width; i++) {
      gain[i] += 1;
    }
    float[] bias = Numbers.random(2, width, 0.5);
    bench
        .operations()
        .layerNorm(out, x, bench.floats(gain, width), bench.floats(bias, width), epsilon);
  }
}
