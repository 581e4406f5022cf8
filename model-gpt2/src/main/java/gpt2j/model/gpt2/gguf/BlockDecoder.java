package gpt2j.model.gpt2.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Makes numbers of a block of a quantised tensor. */
@FunctionalInterface
interface BlockDecoder {
  /**
   * Decodes one block.
   *
   * @param at where it begins
   * @param values gets its numbers, from {@code to} on
   */
  void decode(MemorySegment data, long at, float[] values, int to);

  /** A float16 of a block. */
  static float half(MemorySegment data, long at) {
    return Float.float16ToFloat(
        data.get(ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), at));
  }

  /** A byte of a block, 0 to 255. */
  static int unsigned(MemorySegment data, long at) {
    return data.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
  }

  /** A byte of a block, −128 to 127. */
  static int signed(MemorySegment data, long at) {
    return data.get(ValueLayout.JAVA_BYTE, at);
  }
}
