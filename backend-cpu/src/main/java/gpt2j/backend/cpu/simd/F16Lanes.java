package gpt2j.backend.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Pairs of float16 numbers in 32-bit words, the first in the low half; all of them, NaN as well.
 */
public final class F16Lanes {
  private static final IntVector SIGN_AND_MAGNITUDE = constant(0x8FFFE000);
  private static final IntVector MAGNITUDE = constant(0x7FFFFFFF);
  private static final IntVector EXPONENT = constant(0x7F800000);

  // A float16 without its sign, moved to where float32 has its exponent, is short of this factor,
  // whether it is normal or not.
  private static final FloatVector FACTOR = VectorMath.constant(0x1p112f);

  // What is infinite or NaN becomes this or more.
  private static final IntVector LIMIT = constant(Float.floatToRawIntBits(0x1p16f));

  private F16Lanes() {}

  /** The numbers in the low halves of words, widened. */
  public static FloatVector low(IntVector words) {
    return high(words.lanewise(VectorOperators.LSHL, 16));
  }

  /** The numbers in the high halves of words, widened. */
  public static FloatVector high(IntVector words) {
    return finished(
        words
            .lanewise(VectorOperators.ASHR, 3)
            .and(SIGN_AND_MAGNITUDE)
            .reinterpretAsFloats()
            .mul(FACTOR)
            .reinterpretAsInts());
  }

  private static FloatVector finished(IntVector bits) {
    VectorMask<Integer> special = bits.and(MAGNITUDE).compare(VectorOperators.GE, LIMIT);
    return bits.blend(bits.or(EXPONENT), special).reinterpretAsFloats();
  }

  private static IntVector constant(int value) {
    return IntVector.broadcast(Memory.INTS, value);
  }
}
