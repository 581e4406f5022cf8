package gpt2j.backend.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Numbers of quantised weights, and the scales of two columns, float16, in a 32-bit word. */
public final class GroupLanes {
  // There are no vectors of four bytes: then the others are loaded for nothing.
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * Memory.LANES)));

  /** The bits of a float16 that is moved to where float32 has its exponent. */
  public static final IntVector SIGN_AND_MAGNITUDE = IntVector.broadcast(Memory.INTS, 0x8FFFE000);

  /** The factor of which such a float16 is then short, whether it is normal or not. */
  public static final float SCALE = 0x1p112f;

  /** Inputs that share a scale. */
  public static final int GROUP = 32;

  private GroupLanes() {}

  /** As many bytes as a vector has lanes, each with a sign. */
  public static FloatVector bytes(long address) {
    return (FloatVector)
        Memory.loadBytes(BYTES, address).convertShape(VectorOperators.B2F, Memory.FLOATS, 0);
  }

  /**
   * The scales in a half of a vector of words. NaN becomes a large number.
   *
   * @param half 0 for the low one, 1 for the high one
   */
  public static FloatVector scale(long words, int half) {
    return Memory.loadInts(words)
        .lanewise(VectorOperators.LSHL, 16 * (1 - half))
        .lanewise(VectorOperators.ASHR, 3)
        .and(SIGN_AND_MAGNITUDE)
        .reinterpretAsFloats()
        .mul(SCALE);
  }
}
