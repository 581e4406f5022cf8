package gpt2j.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Gaussian error linear units (Hendrycks and Gimpel 2016), in the two forms GPT-2 models use. */
final class Gelu {
  private static final float SQRT_2_OVER_PI = 0.7978845608028654f;
  private static final float CUBIC = 0.044715f;
  private static final float SQRT_HALF = 0.7071067811865476f;

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
    FloatVector u = x.mul(x).mul(CUBIC).add(1).mul(x).mul(SQRT_2_OVER_PI);
    return x.div(VectorMath.exp(u.mul(-2)).add(1));
  }

  private static FloatVector erf(FloatVector x) {
    FloatVector z = x.abs().mul(SQRT_HALF);
    FloatVector half = halfErfc(z, VectorMath.exp(z.mul(z).neg())); // Φ(−|x|)
    VectorMask<Float> positive = x.compare(VectorOperators.GT, 0);
    FloatVector probability = half.blend(half.neg().add(1), positive); // Φ(x)
    return x.mul(probability);
  }

  /**
   * erfc(z)/2 by {@code erfc(z) = t · p(t) · e^(−z²)}, t = 1 / (1 + 0.3275911 z), z ≥ 0 (Abramowitz
   * and Stegun 1964, 7.1.26; off by at most 1.5e-7), and erfc(−z) = 2 − erfc(z).
   *
   * @param exponential {@code e^(−z²)}
   */
  static FloatVector halfErfc(FloatVector z, FloatVector exponential) {
    FloatVector t = VectorMath.constant(1).div(z.mul(0.3275911f).add(1));
    FloatVector p = t.mul(1.061405429f).add(-1.453152027f);
    p = p.fma(t, VectorMath.constant(1.421413741f));
    p = p.fma(t, VectorMath.constant(-0.284496736f));
    p = p.fma(t, VectorMath.constant(0.254829592f));
    return p.mul(t).mul(0.5f).mul(exponential);
  }
}
