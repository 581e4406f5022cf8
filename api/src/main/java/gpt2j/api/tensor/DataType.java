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
}
