package gpt2j.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Elementary functions of vectors, accurate to about one unit in the last place. */
final class VectorMath {
  private static final float LOG2_E = 1.44269504f;

  // ln 2 in two parts, the first short enough that its products with small integers are exact.
  private static final float LN2_HIGH = 0.693359375f;
  private static final float LN2_LOW = -2.12194440e-4f;

  // Beyond these exp is infinity or 0 in float32 (denormal results count as 0).
  private static final float EXP_MAX = 88.722839f;
  private static final float EXP_MIN = -87.336544f;

  private static final int EXPONENT_BIAS = 127;
  private static final int FRACTION_BITS = 23;

  private VectorMath() {}

  /**
   * e to the power of each lane: {@code 2^n · e^r} with n integral and |r| ≤ ln 2 / 2, e^r by its
   * Taylor series, whose eighth term is below half a unit in the last place there.
   */
  static FloatVector exp(FloatVector x) {
    FloatVector bounded = x.max(EXP_MIN).min(EXP_MAX);
    // Adding and taking away 1.5 · 2^23 rounds to the nearest integer.
    FloatVector n = bounded.mul(LOG2_E).add(0x1.8p23f).sub(0x1.8p23f);
    FloatVector r = n.lanewise(VectorOperators.FMA, -LN2_HIGH, bounded);
    r = n.lanewise(VectorOperators.FMA, -LN2_LOW, r);
    FloatVector series = r.mul(1f / 5040).add(1f / 720);
    series = series.fma(r, constant(1f / 120));
    series = series.fma(r, constant(1f / 24));
    series = series.fma(r, constant(1f / 6));
    series = series.fma(r, constant(0.5f));
    series = series.fma(r, constant(1));
    series = series.fma(r, constant(1));
    // n + bias is 1 … 255; the largest would be infinity's exponent, so half of it is applied
    // later.
    IntVector half = ints(n).lanewise(VectorOperators.ASHR, 1);
    FloatVector result = series.mul(powerOfTwo(half)).mul(powerOfTwo(ints(n).sub(half)));
    result = result.blend(0, x.lt(EXP_MIN));
    return result.blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, EXP_MAX));
  }

  private static IntVector ints(FloatVector integral) {
    return (IntVector) integral.convert(VectorOperators.F2I, 0);
  }

  private static FloatVector powerOfTwo(IntVector n) {
    return n.add(EXPONENT_BIAS).lanewise(VectorOperators.LSHL, FRACTION_BITS).reinterpretAsFloats();
  }

  static FloatVector constant(float value) {
    return FloatVector.broadcast(Memory.FLOATS, value);
  }
}
