package gpt2j.api.tensor;

/** Conversions between float32 and bfloat16, which is the upper half of a float32. */
public final class BFloat16 {
  private BFloat16() {}

  /** The float32 with the same value; exact. */
  public static float toFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** The nearest bfloat16, ties to even; NaN stays NaN. */
  public static short of(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40); // a quiet NaN: rounding could carry it into infinity
    }
    int roundingBias = 0x7FFF + (bits >>> 16 & 1);
    return (short) (bits + roundingBias >>> 16);
  }
}
