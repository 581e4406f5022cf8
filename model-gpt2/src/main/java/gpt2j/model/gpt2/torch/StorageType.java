package gpt2j.model.gpt2.torch;

import gpt2j.api.tensor.DataType;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What elements of a storage are, by the class that PyTorch names for it. */
enum StorageType {
  F32("FloatStorage", 4, DataType.F32),
  F64("DoubleStorage", 8, DataType.F32),
  F16("HalfStorage", 2, DataType.F16),
  BF16("BFloat16Storage", 2, DataType.BF16),
  I64("LongStorage", 8, null),
  I32("IntStorage", 4, null),
  I16("ShortStorage", 2, null),
  I8("CharStorage", 1, null),
  U8("ByteStorage", 1, null),
  BOOL("BoolStorage", 1, null),
  C64("ComplexFloatStorage", 8, null),
  C128("ComplexDoubleStorage", 16, null);

  private final String className;
  private final int bytes;
  private final @Nullable DataType dataType;

  StorageType(String className, int bytes, @Nullable DataType dataType) {
    this.className = className;
    this.bytes = bytes;
    this.dataType = dataType;
  }

  /** That of a class of the module {@code torch}. */
  static Optional<StorageType> of(String className) {
    return Arrays.stream(values()).filter(type -> type.className.equals(className)).findFirst();
  }

  /** Of one element. */
  int bytes() {
    return bytes;
  }

  /** What to read it as, when it can be read; F64 is rounded to F32. */
  Optional<DataType> dataType() {
    return Optional.ofNullable(dataType);
  }
}
