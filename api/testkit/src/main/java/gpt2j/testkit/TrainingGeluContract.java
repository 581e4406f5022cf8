package gpt2j.testkit;

import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link gpt2j.api.training.TrainingOperations#gelu} and its backward pass. */
abstract class TrainingGeluContract extends TrainingPart {
  private static final double TOLERANCE = 2e-6;
  private static final int STEPS = 4000;

  TrainingGeluContract(TrainingContract subject) {
    super(subject);
  }

  @ParameterizedTest
  @EnumSource
  void equalsTheFormula(GeluForm form) {
    float[] x = new float[STEPS + 1];
    for (int i = 0; i <= STEPS; i++) {
      x[i] = -10 + 20f * i / STEPS;
    }
    double[] derivative =
        Differences.gradient(x, Numbers.repeated(1, x.length), new Elementwise(form));
    assertGelu(form, x, derivative);
  }

  /** Each element depends on one element only, so that the others need not be computed again. */
  private record Elementwise(GeluForm form) implements Differences.Forward {
    @Override
    public double at(double[] x, int changed, float[] outGradient) {
      return outGradient[changed] * Formulas.gelu(form, x[changed]);
    }
  }

  @ParameterizedTest
  @EnumSource
  void numbersOfAnySize(GeluForm form) {
    float[] x = {
      0, -0.0f, 1e-40f, -1e-40f, 1e-10f, -1e-10f, 30, -30, 1e3f, -1e3f, 1e10f, -1e10f, 1e30f, -1e30f
    };
    double[] derivative = {.5, .5, .5, .5, .5, .5, 1, 0, 1, 0, 1, 0, 1, 0};
    assertGelu(form, x, derivative);
  }

  private void assertGelu(GeluForm form, float[] x, double[] derivative) {
    double[] values = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      values[i] = Formulas.gelu(form, x[i]);
    }
    compare(
        bench -> {
          Tensor in = bench.floats(x, x.length, 1);
          Tensor out = bench.floats(x.length, 1);
          bench.training().gelu(out, in, form);
          bench.expect("gelu", out, values, TOLERANCE);
          Tensor ones = bench.floats(Numbers.repeated(1, x.length), x.length, 1);
          Tensor gradient = bench.floats(x.length, 1);
          bench.training().geluBackward(gradient, ones, in, form);
          bench.expect("gelu's derivative", gradient, derivative, TOLERANCE);
        });
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 7", "3, 5", "5, 64", "17, 33", "16, 256"})
  void everyShape(int n, int width) {
    for (GeluForm form : GeluForm.values()) {
      compare(
          bench -> {
            Tensor x = bench.floats(Numbers.random(1, n * width, 2), n, width);
            Tensor outGradient = bench.floats(Numbers.random(2, n * width, 1), n, width);
            Tensor out = bench.floats(n, width);
            Tensor gradient = bench.floats(n, width);
            bench.training().gelu(out, x, form);
            bench.training().geluBackward(gradient, outGradient, x, form);
            bench.show("gelu", out, TOLERANCE);
            bench.show("x's gradient", gradient, 2 * TOLERANCE);
            bench.training().geluBackward(outGradient, outGradient, x, form);
            bench.show("x's gradient in place", outGradient, 2 * TOLERANCE);
          });
    }
  }

  @Test
  void areDeterministic() {
    repeat(
        bench -> {
          Tensor x = bench.floats(Numbers.random(1, 33 * 65, 2), 33, 65);
          Tensor gradient = bench.floats(Numbers.random(2, 33 * 65, 1), 33, 65);
          bench.training().geluBackward(gradient, gradient, x, GeluForm.TANH);
          bench.show("x's gradient", gradient, 0);
        });
  }
}
