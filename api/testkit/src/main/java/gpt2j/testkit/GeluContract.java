package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Epilogue;
import gpt2j.api.LinearWeights;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** Both forms of GELU, against the formula in float64, through a product with 1. */
abstract class GeluContract extends Contract {
  private static final double TOLERANCE = 2e-6;
  private static final int STEPS = 20_000;

  GeluContract(BackendContract subject) {
    super(subject);
  }

  @Test
  void tanhForm() {
    check(Epilogue.GELU_TANH, Formulas::geluTanh);
  }

  @Test
  void erfForm() {
    check(Epilogue.GELU_ERF, Formulas::geluErf);
  }

  /** The two forms differ by at most about 5e-4, so a mix-up is easily missed. */
  @Test
  void theFormsDiffer() {
    onBackend(
        bench -> {
          float[] x = {-2.3f, 2.3f};
          float[] tanh = gelu(bench, Epilogue.GELU_TANH, x);
          float[] erf = gelu(bench, Epilogue.GELU_ERF, x);
          assertTrue(Math.abs(tanh[0] - erf[0]) > 1e-4, "tanh and erf agree at -2.3");
          assertTrue(Math.abs(tanh[1] - erf[1]) > 1e-4, "tanh and erf agree at 2.3");
        });
  }

  private void check(Epilogue epilogue, DoubleUnaryOperator formula) {
    onBackend(
        bench -> {
          float[] x = new float[STEPS + 1];
          for (int i = 0; i <= STEPS; i++) {
            x[i] = -10 + 20f * i / STEPS;
          }
          assertGelu(x, gelu(bench, epilogue, x), formula);
          float[] special = {
            0, -0.0f, 1e-40f, -1e-40f, 1e-10f, -1e-10f, 1e3f, -1e3f, 1e10f, -1e10f, 1e30f, -1e30f
          };
          assertGelu(special, gelu(bench, epilogue, special), formula);
        });
  }

  private static void assertGelu(float[] x, float[] actual, DoubleUnaryOperator formula) {
    for (int i = 0; i < x.length; i++) {
      double expected = formula.applyAsDouble(x[i]);
      double allowed = TOLERANCE * Math.max(1, Math.abs(expected));
      assertEquals(expected, actual[i], allowed, "GELU of " + x[i]);
    }
  }

  private static float[] gelu(Workbench bench, Epilogue epilogue, float[] x) {
    LinearWeights one = bench.weights(Numbers.host(new float[] {1}, 1, 1), null, WeightFormat.F32);
    Tensor out = bench.floats(x.length, 1);
    bench.operations().linear(out, bench.floats(x, x.length, 1), one, epilogue);
    return bench.read(out);
  }
}
