package gpt2j.testkit;

import java.util.function.UnaryOperator;

/**
 * Derivatives by central differences in float64, which need to know nothing but the forward pass.
 */
final class Differences {
  /**
   * The error of the formula grows with the square of the step, that of rounding with its inverse;
   * here both are about 1e-11 where values and derivatives are about 1.
   */
  private static final double STEP = 1e-5;

  private Differences() {}

  /** {@code Σ outGradient · out(x)}, or what of it depends on the element that was changed. */
  interface Forward {
    double at(double[] x, int changed, float[] outGradient);
  }

  /** What a backward pass gives for outGradient. */
  static double[] gradient(float[] x, float[] outGradient, UnaryOperator<double[]> out) {
    Forward whole = (at, changed, gradient) -> Doubles.dot(gradient, out.apply(at));
    return gradient(x, outGradient, whole);
  }

  /** The same; {@code forward} may leave out what doesn't depend on the element. */
  static double[] gradient(float[] x, float[] outGradient, Forward forward) {
    double[] at = Doubles.of(x);
    double[] gradient = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      at[i] = x[i] + STEP;
      double above = forward.at(at, i, outGradient);
      at[i] = x[i] - STEP;
      double below = forward.at(at, i, outGradient);
      at[i] = x[i];
      gradient[i] = (above - below) / (2 * STEP);
    }
    return gradient;
  }
}
