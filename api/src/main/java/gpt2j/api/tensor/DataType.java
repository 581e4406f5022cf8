package gpt2j.api.tensor;

/** How one element is stored. Arithmetic is float32 whatever the storage. */
public enum DataType {
  /** IEEE 754 binary32. */
  F32(4),
  /** IEEE 754 binary16. */
  F16(2),
  /** The upper 16 bits of a binary32: eight exponent bits, seven fraction bits. */
  BF16(2),
  /** Two's complement 32-bit integer: tokens, positions, slots. */
  I32(4);

  private final int bytes;

  DataType(int bytes) {
    this.bytes = bytes;
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** The value nearest to {@code value} that the type can hold, ties to even. */
  public float round(float value) {
    return switch (this) {
      case F32 -> value;
      case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
      case BF16 -> BFloat16.toFloat(BFloat16.of(value));
      case I32 -> throw new IllegalArgumentException("I32 holds no floating-point values");
    };
  }
}
