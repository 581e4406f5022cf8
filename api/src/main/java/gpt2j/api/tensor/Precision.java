package gpt2j.api.tensor;

/**
 * How a backend keeps weight matrices. It says nothing about activations, which are float32, nor
 * about accumulation, which is float32 too.
 */
public enum Precision {
  F32(DataType.F32),
  F16(DataType.F16),
  BF16(DataType.BF16);

  private final DataType storage;

  Precision(DataType storage) {
    this.storage = storage;
  }

  /** The type in which one weight is stored. */
  public DataType storage() {
    return storage;
  }
}
