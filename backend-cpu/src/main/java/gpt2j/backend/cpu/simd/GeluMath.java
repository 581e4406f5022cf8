package gpt2j.backend.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Gaussian error linear units and their derivatives, for vectors in registers. */
public final class GeluMath {
  private static final FloatVector ONE = VectorMath.constant(1);
  private static final FloatVector MINUS_TWO = VectorMath.constant(-2);
  private static final FloatVector SQRT_2_OVER_PI = VectorMath.constant(0.7978845608028654f);
  private static final FloatVector CUBIC = VectorMath.constant(0.044715f);
  private static final FloatVector SQRT_HALF = VectorMath.constant(0.7071067811865476f);

  // Abramowitz and Stegun 1964, 7.1.26, with half the factors for erfc/2
  private static final FloatVector ERFC_T = VectorMath.constant(0.3275911f);
  private static final FloatVector ERFC_5 = VectorMath.constant(1.061405429f / 2);
  private static final FloatVector ERFC_4 = VectorMath.constant(-1.453152027f / 2);
  private static final FloatVector ERFC_3 = VectorMath.constant(1.421413741f / 2);
  private static final FloatVector ERFC_2 = VectorMath.constant(-0.284496736f / 2);
  private static final FloatVector ERFC_1 = VectorMath.constant(0.254829592f / 2);

  private static final FloatVector THREE = VectorMath.constant(3);
  private static final FloatVector TWICE = VectorMath.constant(2 * 0.7978845608028654f);
  private static final FloatVector MINUS_TWICE = VectorMath.constant(-2 * 0.7978845608028654f);
  private static final FloatVector INVERSE_SQRT_2_PI = VectorMath.constant(0.3989422804014327f);

  // Outside of these the derivative is 0 and 1 in float32.
  private static final FloatVector LEAST = VectorMath.constant(-16);
  private static final FloatVector MOST = VectorMath.constant(16);

  private GeluMath() {}

  /** {@code x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))}. */
  public static FloatVector tanh(FloatVector x) {
    FloatVector u = x.mul(x).fma(CUBIC, ONE).mul(x).mul(SQRT_2_OVER_PI);
    return x.div(VectorMath.exp(u.mul(MINUS_TWO)).add(ONE));
  }

  /** {@code x/2 · (1 + erf(x/√2))}. */
  public static FloatVector erf(FloatVector x) {
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
  private static FloatVector normal(FloatVector x, FloatVector z, FloatVector exponential) {
    FloatVector t = ONE.div(z.fma(ERFC_T, ONE));
    FloatVector p = t.fma(ERFC_5, ERFC_4);
    p = p.fma(t, ERFC_3);
    p = p.fma(t, ERFC_2);
    p = p.fma(t, ERFC_1);
    FloatVector half = p.mul(t).mul(exponential); // Φ(−|x|)
    return half.blend(ONE.sub(half), x.compare(VectorOperators.GT, VectorMath.ZERO));
  }

  /**
   * With u = √(2/π)·(x + 0.044715 x³) and s = (1 + tanh u)/2 = 1/(1 + e^(−2u)), gelu is x·s and its
   * derivative {@code s + x · 2u′ · s · (1 − s)}.
   */
  public static FloatVector tanhSlope(FloatVector unbounded) {
    FloatVector x = unbounded.max(LEAST).min(MOST);
    FloatVector cubic = x.mul(x).mul(CUBIC); // 0.044715 x²
    FloatVector minusTwoU = cubic.add(ONE).mul(x).mul(MINUS_TWICE);
    FloatVector s = ONE.div(VectorMath.boundedExp(minusTwoU).add(ONE));
    FloatVector slope = cubic.fma(THREE, ONE).mul(x).mul(TWICE); // x · 2u′
    return ONE.sub(s).mul(s).fma(slope, s);
  }

  /** {@code Φ(x) + x·φ(x)}, with e^(−x²/2) computed once for both. */
  public static FloatVector erfSlope(FloatVector unbounded) {
    FloatVector x = unbounded.max(LEAST).min(MOST);
    FloatVector z = x.mul(SQRT_HALF);
    FloatVector exponential = VectorMath.boundedExp(z.mul(z).neg());
    FloatVector probability = normal(x, z.abs(), exponential);
    return exponential.mul(INVERSE_SQRT_2_PI).fma(x, probability);
  }
}
