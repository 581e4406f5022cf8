package gpt2j.model.gpt2.safetensors;

import gpt2j.api.tensor.DataType;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The element types of the format, in its own order, which is the order of tensors in a file: the
 * last type comes first. Only those with a {@link DataType} can be read; the others are known so
 * that a file may hold them.
 */
public enum StoredType {
  BOOL(8),
  F4(4),
  F6_E2M3(6),
  F6_E3M2(6),
  U8(8),
  I8(8),
  F8_E5M2(8),
  F8_E4M3(8),
  F8_E8M0(8),
  F8_E4M3FNUZ(8),
  F8_E5M2FNUZ(8),
  I16(16),
  U16(16),
  F16(16, DataType.F16),
  BF16(16, DataType.BF16),
  I32(32, DataType.I32),
  U32(32),
  F32(32, DataType.F32),
  C64(64),
  F64(64, DataType.F32),
  I64(64),
  U64(64);

  private final int bits;
  private final @Nullable DataType dataType;

  StoredType(int bits) {
    this(bits, null);
  }

  StoredType(int bits, @Nullable DataType dataType) {
    this.bits = bits;
    this.dataType = dataType;
  }

  /** The type that a file calls {@code name}. */
  static Optional<StoredType> named(String name) {
    return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
  }

  /** The type that stores {@code dataType}. */
  static StoredType of(DataType dataType) {
    return Arrays.stream(values())
        .filter(type -> type.name().equals(dataType.name()))
        .findFirst()
        .orElseThrow();
  }

  /** Size of one element in bits. */
  int bits() {
    return bits;
  }

  /** What to read it as, when it can be read; F64 is rounded to F32. */
  public Optional<DataType> dataType() {
    return Optional.ofNullable(dataType);
  }
}
