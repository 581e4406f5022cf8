package gpt2j.api.tensor;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a backend keeps weight matrices, or keys and values. It says nothing about activations, which
 * are float32, nor about accumulation, which is float32 too; and nothing about how a backend lays
 * them out.
 *
 * <p>In the plain formats each weight is a number by itself. In the others those of 32 neighbouring
 * inputs of one output (of the vectors of a table: 32 neighbouring elements) make a group, which
 * has one scale {@code d}, a float16, and for each weight a small integer {@code q}, of which it is
 * {@code q·d}. They are GGUF's blocks of the same names, bit for bit. The last group is smaller
 * where the inputs are no multiple of 32. A group in which a weight is no finite number is NaN.
 */
public enum WeightFormat {
  F32(DataType.F32),
  F16(DataType.F16),
  BF16(DataType.BF16),
  /** {@code d} = the largest magnitude / 127; {@code q} the nearest integer, halves away from 0. */
  Q8_0(8),
  /**
   * {@code d} = the weight of the largest magnitude, the first among equals, / −8; {@code q} =
   * ⌊weight/d + 8.5⌋ − 8, at most 7.
   */
  Q4_0(4);

  private static final int GROUP = 32;

  private final @Nullable DataType plain;
  private final int groupSize;
  private final int groupBytes;

  WeightFormat(DataType plain) {
    this.plain = plain;
    groupSize = 1;
    groupBytes = plain.bytes();
  }

  WeightFormat(int bits) {
    plain = null;
    groupSize = GROUP;
    groupBytes = DataType.F16.bytes() + GROUP * bits / Byte.SIZE;
  }

  /** The type of one weight where each is a number by itself; empty where groups share a scale. */
  public Optional<DataType> plain() {
    return Optional.ofNullable(plain);
  }

  /** Weights that share a scale; 1 where none do. */
  public int groupSize() {
    return groupSize;
  }

  /** Bytes of a whole group, its scale included. */
  public int groupBytes() {
    return groupBytes;
  }

  /** Bits of one weight, its part of the scale included: 32, 16, 8.5, 4.5. */
  public double bitsPerWeight() {
    return (double) groupBytes * Byte.SIZE / groupSize;
  }

  /**
   * Bytes of a matrix, without its bias and without what a backend adds to it.
   *
   * @param inputs weights that are added up for one output, or elements of one vector of a table
   */
  public long bytes(long outputs, long inputs) {
    return Math.multiplyExact(outputs, Math.ceilDiv(inputs, groupSize) * groupBytes);
  }

  /**
   * Makes weights what is left of them in this format.
   *
   * @param from where the first of them is
   * @param count weights along the inputs: whole groups, but for the last
   * @param stride how far each is from the next
   */
  public void round(float[] weights, int from, int count, int stride) {
    if (plain != null) {
      for (int i = 0; i < count; i++) {
        weights[from + i * stride] = plain.round(weights[from + i * stride]);
      }
      return;
    }
    for (int first = 0; first < count; first += groupSize) {
      roundGroup(weights, from + first * stride, Math.min(groupSize, count - first), stride);
    }
  }

  private void roundGroup(float[] weights, int from, int count, int stride) {
    byte[] integers = new byte[count];
    float scale = Float.float16ToFloat(quantize(weights, from, count, stride, integers));
    for (int i = 0; i < count; i++) {
      weights[from + i * stride] = scale * integers[i];
    }
  }

  /**
   * Makes a group of weights a scale and small integers, as ggml-quants.c does it ({@code
   * quantize_row_q8_0_ref}, {@code quantize_row_q4_0_ref}).
   *
   * @param from where the first of them is
   * @param count weights, at most {@link #groupSize}
   * @param stride how far each is from the next
   * @param integers where each weight's {@code q} goes: −127 … 127, or −8 … 7
   * @return the scale {@code d}, the bits of a float16; NaN if a weight is no finite number
   * @throws UnsupportedOperationException in a format without groups
   */
  public short quantize(float[] weights, int from, int count, int stride, byte[] integers) {
    if (plain != null) {
      throw new UnsupportedOperationException(this + " has no groups");
    }
    float largest = 0; // in magnitude
    float none = 0;
    for (int i = 0; i < count; i++) {
      float weight = weights[from + i * stride];
      none += weight - weight; // NaN, if one of them is no finite number
      if (Math.abs(weight) > Math.abs(largest)) {
        largest = weight;
      }
    }
    float scale = this == Q8_0 ? Math.abs(largest) / 127 : largest / -8;
    float inverse = scale == 0 ? 0 : 1 / scale;
    for (int i = 0; i < count; i++) {
      float scaled = weights[from + i * stride] * inverse;
      integers[i] = (byte) (this == Q8_0 ? nearest(scaled) : fourBits(scaled));
    }
    return Float.floatToFloat16(Float.isNaN(none) ? none : scale);
  }

  private static int nearest(float value) {
    int magnitude = (int) Math.floor(Math.abs((double) value) + 0.5);
    return value < 0 ? -magnitude : magnitude;
  }

  private static int fourBits(float value) {
    return Math.min(15, (int) (value + 8.5f)) - 8;
  }
}
