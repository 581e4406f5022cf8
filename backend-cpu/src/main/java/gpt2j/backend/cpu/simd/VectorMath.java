package gpt2j.backend.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Elementary functions of vectors, accurate to about one unit in the last place.
 *
 * <p>Numbers that don't change are vectors from the start. To make a vector of a number takes none
 * of the processor's time in a loop, but a good part of what the compiler may inline.
 */
public final class VectorMath {
  private static final FloatVector LOG2_E = constant(1.44269504f);

  // ln 2 in two parts, the first short enough that its products with small integers are exact.
  private static final FloatVector MINUS_LN2_HIGH = constant(-0.693359375f);
  private static final FloatVector MINUS_LN2_LOW = constant(2.12194440e-4f);

  // Below the first n is −127, whose power of two has no bits at all: exp is 0. Above the second it
  // counts as infinity; between that and where float32 really ends, at 88.72, nobody here needs a
  // number.
  private static final FloatVector EXP_MIN = constant(-88);
  private static final FloatVector EXP_MAX = constant(88.37f);
  private static final FloatVector INFINITY = constant(Float.POSITIVE_INFINITY);

  private static final FloatVector TAYLOR_7 = constant(1f / 5040);
  private static final FloatVector TAYLOR_6 = constant(1f / 720);
  private static final FloatVector TAYLOR_5 = constant(1f / 120);
  private static final FloatVector TAYLOR_4 = constant(1f / 24);
  private static final FloatVector TAYLOR_3 = constant(1f / 6);
  private static final FloatVector TAYLOR_2 = constant(0.5f);
  private static final FloatVector ONE = constant(1);

  private static final int EXPONENT_BIAS = 127;
  private static final int FRACTION_BITS = 23;

  // Adding 1.5 · 2^23 rounds to an integer, which then stands in the low bits.
  private static final FloatVector ROUND = constant(0x1.8p23f);
  private static final IntVector ROUND_BITS =
      IntVector.broadcast(Memory.INTS, Float.floatToRawIntBits(0x1.8p23f) - EXPONENT_BIAS);

  public static final FloatVector ZERO = constant(0);

  private VectorMath() {}

  /** {@code x·factors}, and 0 where the factor is, were x infinite or no number. */
  public static FloatVector productOrZero(FloatVector x, FloatVector factors) {
    return x.mul(factors).blend(ZERO, factors.compare(VectorOperators.EQ, ZERO));
  }

  /**
   * e to the power of each lane: {@code 2^n · e^r} with n integral and |r| ≤ ln 2 / 2.
   *
   * <p>In several methods because the compiler inlines only small ones, and a vector that is passed
   * to a method that isn't inlined becomes an object.
   */
  public static FloatVector exp(FloatVector x) {
    VectorMask<Float> large = x.compare(VectorOperators.GT, EXP_MAX);
    return boundedExp(x).blend(INFINITY, large);
  }

  /** The same, but what would be infinite is just very large, 2e38. */
  public static FloatVector boundedExp(FloatVector x) {
    FloatVector bounded = x.max(EXP_MIN).min(EXP_MAX);
    FloatVector rounded = bounded.fma(LOG2_E, ROUND);
    FloatVector n = rounded.sub(ROUND);
    FloatVector r = n.fma(MINUS_LN2_LOW, n.fma(MINUS_LN2_HIGH, bounded));
    return series(r).mul(powerOfTwo(rounded));
  }

  /** e^r by its Taylor series, whose eighth term is below half a unit in the last place. */
  private static FloatVector series(FloatVector r) {
    FloatVector sum = r.fma(TAYLOR_7, TAYLOR_6);
    sum = sum.fma(r, TAYLOR_5);
    sum = sum.fma(r, TAYLOR_4);
    sum = sum.fma(r, TAYLOR_3);
    sum = sum.fma(r, TAYLOR_2);
    sum = sum.fma(r, ONE);
    return sum.fma(r, ONE);
  }

  /** 2^n for n in the low bits of {@code rounded}. */
  private static FloatVector powerOfTwo(FloatVector rounded) {
    return rounded
        .reinterpretAsInts()
        .sub(ROUND_BITS)
        .lanewise(VectorOperators.LSHL, FRACTION_BITS)
        .reinterpretAsFloats();
  }

  public static FloatVector constant(float value) {
    return FloatVector.broadcast(Memory.FLOATS, value);
  }
}
