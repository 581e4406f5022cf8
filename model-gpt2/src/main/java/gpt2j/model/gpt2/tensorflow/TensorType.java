package gpt2j.model.gpt2.tensorflow;

import gpt2j.api.tensor.DataType;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.json.Json;
import java.util.Arrays;
import java.util.Optional;

/** The types of weights that are read, with the numbers of {@code enum DataType} in types.proto. */
enum TensorType {
  F32(1, 4, DataType.F32),
  F64(2, 8, DataType.F32),
  BF16(14, 2, DataType.BF16),
  F16(19, 2, DataType.F16);

  private final int number;
  private final int bytes;
  private final DataType dataType;

  TensorType(int number, int bytes, DataType dataType) {
    this.number = number;
    this.bytes = bytes;
    this.dataType = dataType;
  }

  /** That of a number; none for one that isn't read. */
  static Optional<TensorType> of(int number) {
    return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
  }

  /** What to read it as; F64 is rounded. */
  DataType dataType() {
    return dataType;
  }

  /** Throws unless a tensor has as many bytes as its sizes ask for. */
  void requireSize(BundleEntry entry) {
    long expected = bytes;
    try {
      for (long size : entry.sizes()) {
        expected = Math.multiplyExact(expected, size);
      }
    } catch (ArithmeticException e) {
      expected = -1;
    }
    if (expected != entry.bytes()) {
      throw new FormatException(
          "is damaged: tensor %s %s of type %s has %d bytes"
              .formatted(Json.printable(entry.name()), entry.sizes(), this, entry.bytes()));
    }
  }
}
