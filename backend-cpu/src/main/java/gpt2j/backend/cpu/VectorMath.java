package gpt2j.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Elementary functions of vectors, accurate to about one unit in the last place. */
final class VectorMath {
  private static final float LOG2_E = 1.44269504f;

  // ln 2 in two parts, the first short enough that its products with small integers are exact.
  private static final float LN2_HIGH = 0.693359375f;
  private static final float LN2_LOW = -2.12194440e-4f;

  // Below the first exp counts as 0, above the second as infinity. Between the second and where
  // float32 really ends, at 88.72, nobody here needs a number.
  private static final float EXP_MIN = -87.33f;
  private static final float EXP_MAX = 88.37f;

  // Adding 1.5 · 2^23 rounds to an integer, which then stands in the low bits.
  private static final float ROUND = 0x1.8p23f;
  private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);

  private static final int EXPONENT_BIAS = 127;
  private static final int FRACTION_BITS = 23;

  private VectorMath() {}

  /**
   * e to the power of each lane: {@code 2^n · e^r} with n integral and |r| ≤ ln 2 / 2.
   *
   * <p>In several methods because the compiler inlines only small ones, and a vector that is passed
   * to a method that isn't inlined becomes an object.
   */
  static FloatVector exp(FloatVector x) {
    FloatVector bounded = x.max(EXP_MIN).min(EXP_MAX);
    FloatVector rounded = bounded.mul(LOG2_E).add(ROUND);
    FloatVector n = rounded.sub(ROUND);
    FloatVector r = n.fma(constant(-LN2_HIGH), bounded);
    r = n.fma(constant(-LN2_LOW), r);
    return limited(x, series(r).mul(powerOfTwo(rounded)));
  }

  /** e^r by its Taylor series, whose eighth term is below half a unit in the last place. */
  private static FloatVector series(FloatVector r) {
    FloatVector sum = r.fma(constant(1f / 5040), constant(1f / 720));
    sum = sum.fma(r, constant(1f / 120));
    sum = sum.fma(r, constant(1f / 24));
    sum = sum.fma(r, constant(1f / 6));
    sum = sum.fma(r, constant(0.5f));
    sum = sum.fma(r, constant(1));
    return sum.fma(r, constant(1));
  }

  /** 2^n for n in the low bits of {@code rounded}. */
  private static FloatVector powerOfTwo(FloatVector rounded) {
    return rounded
        .reinterpretAsInts()
        .sub(ROUND_BITS - EXPONENT_BIAS)
        .lanewise(VectorOperators.LSHL, FRACTION_BITS)
        .reinterpretAsFloats();
  }

  private static FloatVector limited(FloatVector x, FloatVector result) {
    return result
        .blend(0, x.lt(EXP_MIN))
        .blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, EXP_MAX));
  }

  static FloatVector constant(float value) {
    return FloatVector.broadcast(Memory.FLOATS, value);
  }
}
