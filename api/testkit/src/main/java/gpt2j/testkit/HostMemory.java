package gpt2j.testkit;

import gpt2j.api.tensor.DataType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Where a checkpoint's values may lie. */
enum HostMemory {
  HEAP,
  /** One byte off any alignment. */
  HEAP_UNALIGNED,
  /** Outside of the heap. */
  NATIVE,
  NATIVE_UNALIGNED;

  MemorySegment allocate(DataType type, int elements) {
    int bytes = elements * type.bytes();
    return switch (this) {
      case HEAP -> MemorySegment.ofArray(new byte[bytes]);
      case HEAP_UNALIGNED -> MemorySegment.ofArray(new byte[bytes + 1]).asSlice(1);
      case NATIVE -> Arena.ofAuto().allocate(bytes, 64);
      case NATIVE_UNALIGNED -> Arena.ofAuto().allocate(bytes + 1, 64).asSlice(1);
    };
  }
}
