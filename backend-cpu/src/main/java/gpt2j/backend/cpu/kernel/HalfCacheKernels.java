package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Bf16Lanes;
import gpt2j.backend.cpu.simd.F16Lanes;
import gpt2j.backend.cpu.simd.Memory;
import jdk.incubator.vector.IntVector;

/**
 * Widens keys and values of 16 bits. They lie as words of two numbers, in vectors of which each
 * becomes two: that of the low halves, then that of the high ones.
 */
public final class HalfCacheKernels {
  private static final int VECTOR = Memory.VECTOR;

  private HalfCacheKernels() {}

  /**
   * Widens bfloat16.
   *
   * @param to rows of {@code 2·words} vectors, {@code toBytes} apart, which may be a vector less:
   *     the last vector of a row is overwritten by the next row then
   * @param from {@code [rows]} of {@code words} vectors
   */
  public static void widenBf16(long to, long toBytes, long from, int words, int rows) {
    for (int row = 0; row < rows; row++) {
      long target = to + row * toBytes;
      long source = from + (long) row * words * VECTOR;
      for (int i = 0; i < words; i++) {
        IntVector pairs = Memory.loadInts(source + (long) i * VECTOR);
        Memory.store(Bf16Lanes.low(pairs), Bf16Lanes.high(pairs), target + 2L * i * VECTOR);
      }
    }
  }

  /** The same for float16. */
  public static void widenF16(long to, long toBytes, long from, int words, int rows) {
    for (int row = 0; row < rows; row++) {
      long target = to + row * toBytes;
      long source = from + (long) row * words * VECTOR;
      for (int i = 0; i < words; i++) {
        IntVector pairs = Memory.loadInts(source + (long) i * VECTOR);
        Memory.store(F16Lanes.low(pairs), F16Lanes.high(pairs), target + 2L * i * VECTOR);
      }
    }
  }
}
