package gpt2j.model.gpt2.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Little-endian integers in native host memory: what goes to and comes from I32 tensors. */
public final class HostInts {
  private static final ValueLayout.OfInt LAYOUT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment memory;

  public HostInts(Arena arena, int count) {
    memory = arena.allocate(LAYOUT, count);
  }

  public int get(int index) {
    return memory.getAtIndex(LAYOUT, index);
  }

  public void set(int index, int value) {
    memory.setAtIndex(LAYOUT, index, value);
  }

  /** The bytes of the first {@code count} integers. */
  public MemorySegment first(int count) {
    return memory.asSlice(0, (long) count * Integer.BYTES);
  }
}
