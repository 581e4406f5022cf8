package gpt2j.model.gpt2;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Little-endian integers in native host memory: what goes to and comes from I32 tensors. */
final class HostInts {
  private static final ValueLayout.OfInt LAYOUT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment memory;

  HostInts(Arena arena, int count) {
    memory = arena.allocate(LAYOUT, count);
  }

  int get(int index) {
    return memory.getAtIndex(LAYOUT, index);
  }

  void set(int index, int value) {
    memory.setAtIndex(LAYOUT, index, value);
  }

  /** The bytes of the first {@code count} integers. */
  MemorySegment first(int count) {
    return memory.asSlice(0, (long) count * Integer.BYTES);
  }
}
