package gpt2j.testkit;

import gpt2j.api.tensor.BFloat16;
import gpt2j.api.tensor.DataType;

/** What is left of a value that is stored in fewer bits. */
final class Rounding {
  private Rounding() {}

  /** The value nearest to {@code value} that {@code type} can hold, ties to even. */
  static float to(DataType type, float value) {
    return switch (type) {
      case F32 -> value;
      case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
      case BF16 -> BFloat16.toFloat(BFloat16.of(value));
      case I32 -> throw new IllegalArgumentException("I32 holds no floating-point values");
    };
  }

  static void all(DataType type, float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = to(type, values[i]);
    }
  }
}
