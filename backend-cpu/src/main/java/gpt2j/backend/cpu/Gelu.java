package gpt2j.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Gaussian error linear units (Hendrycks and Gimpel 2016), in the two forms GPT-2 models use. */
final class Gelu {
  static final FloatVector ONE = VectorMath.constant(1);
  private static final FloatVector MINUS_TWO = VectorMath.constant(-2);
  static final FloatVector SQRT_2_OVER_PI = VectorMath.constant(0.7978845608028654f);
  static final FloatVector CUBIC = VectorMath.constant(0.044715f);
  static final FloatVector SQRT_HALF = VectorMath.constant(0.7071067811865476f);
  private static final FloatVector ZERO = VectorMath.constant(0);

  // Abramowitz and Stegun 1964, 7.1.26, with half the factors for erfc/2
  private static final FloatVector ERFC_T = VectorMath.constant(0.3275911f);
  private static final FloatVector ERFC_5 = VectorMath.constant(1.061405429f / 2);
  private static final FloatVector ERFC_4 = VectorMath.constant(-1.453152027f / 2);
  private static final FloatVector ERFC_3 = VectorMath.constant(1.421413741f / 2);
  private static final FloatVector ERFC_2 = VectorMath.constant(-0.284496736f / 2);
  private static final FloatVector ERFC_1 = VectorMath.constant(0.254829592f / 2);

  private Gelu() {}

  /** {@code out = x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))}. */
  static void tanh(long out, long x, int count) {
    int whole = count - count % Memory.LANES;
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      Memory.store(tanh(Memory.load(x + at)), out + at);
    }
    if (whole < count) {
      long at = (long) whole * Float.BYTES;
      VectorMask<Float> rest = Memory.first(count - whole);
      Memory.store(tanh(Memory.load(x + at, rest)), out + at, rest);
    }
  }

  /** {@code out = x/2 · (1 + erf(x/√2))}. */
  static void erf(long out, long x, int count) {
    int whole = count - count % Memory.LANES;
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      Memory.store(erf(Memory.load(x + at)), out + at);
    }
    if (whole < count) {
      long at = (long) whole * Float.BYTES;
      VectorMask<Float> rest = Memory.first(count - whole);
      Memory.store(erf(Memory.load(x + at, rest)), out + at, rest);
    }
  }

  /** By {@code (1 + tanh u) / 2 = 1 / (1 + e^(−2u))}, which loses nothing where tanh nears −1. */
  private static FloatVector tanh(FloatVector x) {
    FloatVector u = x.mul(x).fma(CUBIC, ONE).mul(x).mul(SQRT_2_OVER_PI);
    return x.div(VectorMath.exp(u.mul(MINUS_TWO)).add(ONE));
  }

  private static FloatVector erf(FloatVector x) {
    FloatVector z = x.mul(SQRT_HALF);
    return x.mul(normal(x, z.abs(), VectorMath.boundedExp(z.mul(z).neg())));
  }

  /**
   * Φ(x), the normal distribution, by {@code erfc(z) = t · p(t) · e^(−z²)}, t = 1 / (1 + 0.3275911
   * z), z ≥ 0 (Abramowitz and Stegun 1964, 7.1.26; off by at most 1.5e-7), and erfc(−z) = 2 −
   * erfc(z).
   *
   * @param z {@code |x|/√2}
   * @param exponential {@code e^(−z²)}
   */
  static FloatVector normal(FloatVector x, FloatVector z, FloatVector exponential) {
    FloatVector t = ONE.div(z.fma(ERFC_T, ONE));
    FloatVector p = t.fma(ERFC_5, ERFC_4);
    p = p.fma(t, ERFC_3);
    p = p.fma(t, ERFC_2);
    p = p.fma(t, ERFC_1);
    FloatVector half = p.mul(t).mul(exponential); // Φ(−|x|)
    return half.blend(ONE.sub(half), x.compare(VectorOperators.GT, ZERO));
  }
}
