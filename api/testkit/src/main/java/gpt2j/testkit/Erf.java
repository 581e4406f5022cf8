package gpt2j.testkit;

/** The error function. */
final class Erf {
  private static final double TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);

  /** From here on the result differs from 1 by less than half a unit in the last place. */
  private static final double ONE_FROM = 6;

  private Erf() {}

  /**
   * {@code erf x = 2/√π · ∫₀ˣ exp(−t²) dt}, by the series {@code 2/√π · exp(−x²) · Σ 2ⁿ·x²ⁿ⁺¹ / (1
   * · 3 · 5 ⋯ (2n+1))} (Abramowitz and Stegun 1964, 7.1.6). All its terms have one sign, so nothing
   * cancels, and the result is good to about 1e-15.
   */
  static double of(double x) {
    if (!(Math.abs(x) < ONE_FROM)) {
      return Double.isNaN(x) ? x : Math.signum(x);
    }
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > Math.ulp(sum) / 4; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return TWO_OVER_ROOT_PI * Math.exp(-x * x) * sum;
  }
}
