package gpt2j.model.gpt2.gguf;

import static gpt2j.model.gpt2.gguf.BlockDecoder.half;
import static gpt2j.model.gpt2.gguf.BlockDecoder.signed;
import static gpt2j.model.gpt2.gguf.BlockDecoder.unsigned;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The "K-quants": blocks of 256 numbers in groups of 16 or 32, whose scales are small integers of
 * their own and share a float16 {@code d}; where groups have a least number too, those share a
 * float16 {@code dmin}. As ggml-quants.c has them ({@code dequantize_row_q2_K} and so on).
 */
final class LargeBlocks {
  static final int SIZE = 256;

  private LargeBlocks() {}

  /** 16 bytes of scales and minima, 64 of numbers of two bits, d, dmin; groups of 16. */
  static void q2_K(MemorySegment data, long at, float[] values, int to) {
    float d = half(data, at + 80);
    float dmin = half(data, at + 82);
    for (int group = 0; group < 16; group++) {
      int scales = unsigned(data, at + group);
      float scale = d * (scales & 15);
      float least = dmin * (scales >> 4);
      for (int i = 0; i < 16; i++) {
        int q = two(data, at + 16, group, i);
        values[to + group * 16 + i] = scale * q - least;
      }
    }
  }

  /** 32 bytes of third bits, 64 of numbers of two, 12 of scales of six bits, d; groups of 16. */
  static void q3_K(MemorySegment data, long at, float[] values, int to) {
    float d = half(data, at + 108);
    for (int group = 0; group < 16; group++) {
      int low = unsigned(data, at + 96 + group % 8) >> 4 * (group / 8) & 15;
      int high = unsigned(data, at + 104 + group % 4) >> 2 * (group / 4) & 3;
      float scale = d * ((low | high << 4) - 32);
      for (int i = 0; i < 16; i++) {
        int bit = unsigned(data, at + group % 2 * 16 + i) >> group / 2 & 1;
        int q = two(data, at + 32, group, i) - (bit == 1 ? 0 : 4); // without the bit, 4 less
        values[to + group * 16 + i] = scale * q;
      }
    }
  }

  /** Number i of a group of 16, of two bits: four groups of 32 numbers share 32 bytes. */
  private static int two(MemorySegment data, long at, int group, int i) {
    int position = group * 16 + i;
    int octet = position / 128 * 32 + position % 32;
    return unsigned(data, at + octet) >> position % 128 / 32 * 2 & 3;
  }

  /** d, dmin, 12 bytes of scales and minima of six bits, 128 of numbers of four; groups of 32. */
  static void q4_K(MemorySegment data, long at, float[] values, int to) {
    withMinima(data, at, at + 16, false, values, to);
  }

  /** As {@link #q4_K}, with 32 bytes of fifth bits before the numbers. */
  static void q5_K(MemorySegment data, long at, float[] values, int to) {
    withMinima(data, at, at + 48, true, values, to);
  }

  private static void withMinima(
      MemorySegment data, long at, long numbers, boolean hasFifth, float[] values, int to) {
    float d = half(data, at);
    float dmin = half(data, at + 2);
    for (int group = 0; group < 8; group++) {
      float scale = d * scale(data, at + 4, group);
      float least = dmin * minimum(data, at + 4, group);
      for (int i = 0; i < 32; i++) {
        int q = unsigned(data, numbers + group / 2 * 32 + i) >> 4 * (group % 2) & 15;
        if (hasFifth) {
          q |= (unsigned(data, at + 16 + i) >> group & 1) << 4;
        }
        values[to + group * 32 + i] = scale * q - least;
      }
    }
  }

  /** Of eight scales of six bits the first four lie in a byte each, the others in two pieces. */
  private static int scale(MemorySegment data, long at, int group) {
    return group < 4
        ? unsigned(data, at + group) & 63
        : unsigned(data, at + 4 + group) & 15 | unsigned(data, at + group - 4) >> 6 << 4;
  }

  private static int minimum(MemorySegment data, long at, int group) {
    return group < 4
        ? unsigned(data, at + 4 + group) & 63
        : unsigned(data, at + 4 + group) >> 4 | unsigned(data, at + group) >> 6 << 4;
  }

  /** 128 bytes of low bits, 64 of the two high ones, 16 scales, d; groups of 16. */
  static void q6_K(MemorySegment data, long at, float[] values, int to) {
    float d = half(data, at + 208);
    for (int i = 0; i < SIZE; i++) {
      int half = i / 128;
      int part = i % 128 / 32;
      int lane = i % 32;
      int low = unsigned(data, at + half * 64 + part % 2 * 32 + lane) >> 4 * (part / 2) & 15;
      int high = unsigned(data, at + 128 + half * 32 + lane) >> 2 * part & 3;
      float scale = d * signed(data, at + 192 + i / 16);
      values[to + i] = scale * ((low | high << 4) - 32);
    }
  }

  /** A float32 d and 256 bytes; sums of groups of 16 follow, which nobody needs here. */
  static void q8_K(MemorySegment data, long at, float[] values, int to) {
    float d = data.get(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), at);
    for (int i = 0; i < SIZE; i++) {
      values[to + i] = d * signed(data, at + 4 + i);
    }
  }
}
