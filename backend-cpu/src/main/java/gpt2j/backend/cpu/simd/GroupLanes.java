package gpt2j.backend.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Numbers of quantised weights, and the scales of two columns, float16, in a 32-bit word.
 *
 * <p>A number of four bits is stored without a sign, too large by half of what its bits can hold.
 * Where it stands in the lower half of the word it is a float32's fraction, once the exponent of
 * 2^23 is put above it; less 2^23 and what it is too large by, it is itself, times 2^k if it stands
 * k bits from the end. That spares the shift and the conversion: the scale makes good for the
 * factor.
 */
public final class GroupLanes {
  private static final IntVector EXPONENT = constant(Float.floatToRawIntBits(0x1p23f));

  // There are no vectors of four bytes: then the others are loaded for nothing.
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * Memory.LANES)));

  private static final IntVector BITS_0 = constant(0xF);
  private static final IntVector BITS_1 = constant(0xF0);
  private static final IntVector BITS_2 = constant(0xF00);
  private static final IntVector BITS_3 = constant(0xF000);
  private static final FloatVector BITS_0_OFFSET = VectorMath.constant(0x1p23f + 8);
  private static final FloatVector BITS_1_OFFSET = VectorMath.constant(0x1p23f + 8 * 16);
  private static final FloatVector BITS_2_OFFSET = VectorMath.constant(0x1p23f + 8 * 256);
  private static final FloatVector BITS_3_OFFSET = VectorMath.constant(0x1p23f + 8 * 4096);

  // A float16 without its sign, moved to where float32 has its exponent, is short of a factor of
  // 2^112, whether it is normal or not.
  private static final IntVector SIGN_AND_MAGNITUDE = constant(0x8FFFE000);

  /** The factor of {@link #lowScale} and {@link #highScale} for scales as they are. */
  public static final float SCALE = 0x1p112f;

  /** Inputs that share a scale. */
  public static final int GROUP = 32;

  private GroupLanes() {}

  /** The upper halves of words as the lower ones. */
  public static IntVector upper(IntVector words) {
    return words.lanewise(VectorOperators.LSHR, 16);
  }

  /** As many bytes as a vector has lanes, each with a sign. */
  public static FloatVector bytes(long address) {
    return (FloatVector)
        Memory.loadBytes(BYTES, address).convertShape(VectorOperators.B2F, Memory.FLOATS, 0);
  }

  /** The lowest four bits of each word. */
  public static FloatVector bits0(IntVector words) {
    return words.and(BITS_0).or(EXPONENT).reinterpretAsFloats().sub(BITS_0_OFFSET);
  }

  /** The next four bits, times 16. */
  public static FloatVector bits1(IntVector words) {
    return words.and(BITS_1).or(EXPONENT).reinterpretAsFloats().sub(BITS_1_OFFSET);
  }

  /** The next four bits, times 16². */
  public static FloatVector bits2(IntVector words) {
    return words.and(BITS_2).or(EXPONENT).reinterpretAsFloats().sub(BITS_2_OFFSET);
  }

  /** The next four bits, times 16³. */
  public static FloatVector bits3(IntVector words) {
    return words.and(BITS_3).or(EXPONENT).reinterpretAsFloats().sub(BITS_3_OFFSET);
  }

  /**
   * The scales in the low halves of a vector of words, times {@code factor / }{@link #SCALE}. NaN
   * becomes a large number.
   */
  public static FloatVector lowScale(long words, float factor) {
    return scale(Memory.loadInts(words).lanewise(VectorOperators.LSHL, 16), factor);
  }

  /** The scales in the high halves. */
  public static FloatVector highScale(long words, float factor) {
    return scale(Memory.loadInts(words), factor);
  }

  private static FloatVector scale(IntVector words, float factor) {
    return words
        .lanewise(VectorOperators.ASHR, 3)
        .and(SIGN_AND_MAGNITUDE)
        .reinterpretAsFloats()
        .mul(factor);
  }

  private static IntVector constant(int value) {
    return IntVector.broadcast(Memory.INTS, value);
  }
}
