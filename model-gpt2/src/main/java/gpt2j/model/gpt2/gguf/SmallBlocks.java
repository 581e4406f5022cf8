package gpt2j.model.gpt2.gguf;

import static gpt2j.model.gpt2.gguf.BlockDecoder.half;
import static gpt2j.model.gpt2.gguf.BlockDecoder.signed;
import static gpt2j.model.gpt2.gguf.BlockDecoder.unsigned;

import java.lang.foreign.MemorySegment;

/**
 * Blocks of 32 numbers: a float16 {@code d}, in some a float16 {@code m}, and small integers {@code
 * q}; a number is {@code q·d}, or {@code q·d + m}. Of two numbers in a byte, the low bits are those
 * of the first half of the block. As ggml-quants.c has them ({@code dequantize_row_…}).
 */
final class SmallBlocks {
  static final int SIZE = 32;

  private static final int HALF = SIZE / 2;

  private SmallBlocks() {}

  static void q4_0(MemorySegment data, long at, float[] values, int to) {
    float d = half(data, at);
    for (int i = 0; i < HALF; i++) {
      int two = unsigned(data, at + 2 + i);
      values[to + i] = ((two & 15) - 8) * d;
      values[to + i + HALF] = ((two >> 4) - 8) * d;
    }
  }

  static void q4_1(MemorySegment data, long at, float[] values, int to) {
    float d = half(data, at);
    float m = half(data, at + 2);
    for (int i = 0; i < HALF; i++) {
      int two = unsigned(data, at + 4 + i);
      values[to + i] = (two & 15) * d + m;
      values[to + i + HALF] = (two >> 4) * d + m;
    }
  }

  static void q5_0(MemorySegment data, long at, float[] values, int to) {
    float d = half(data, at);
    for (int i = 0; i < HALF; i++) {
      int two = unsigned(data, at + 6 + i);
      values[to + i] = ((two & 15 | fifth(data, at + 2, i)) - 16) * d;
      values[to + i + HALF] = ((two >> 4 | fifth(data, at + 2, i + HALF)) - 16) * d;
    }
  }

  static void q5_1(MemorySegment data, long at, float[] values, int to) {
    float d = half(data, at);
    float m = half(data, at + 2);
    for (int i = 0; i < HALF; i++) {
      int two = unsigned(data, at + 8 + i);
      values[to + i] = (two & 15 | fifth(data, at + 4, i)) * d + m;
      values[to + i + HALF] = (two >> 4 | fifth(data, at + 4, i + HALF)) * d + m;
    }
  }

  /** The fifth bit of a number, in its place; they lie together, lowest first. */
  private static int fifth(MemorySegment data, long at, int index) {
    return (unsigned(data, at + index / 8) >> index % 8 & 1) << 4;
  }

  static void q8_0(MemorySegment data, long at, float[] values, int to) {
    float d = half(data, at);
    for (int i = 0; i < SIZE; i++) {
      values[to + i] = signed(data, at + 2 + i) * d;
    }
  }
}
