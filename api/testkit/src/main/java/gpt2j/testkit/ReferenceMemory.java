package gpt2j.testkit;

import gpt2j.api.OutOfMemoryException;
import gpt2j.api.tensor.MemoryUsage;
import gpt2j.api.tensor.Usage;
import java.util.EnumMap;
import java.util.Map;

/** Keeps account of what one backend's handles occupy. The memory itself is the Java heap. */
final class ReferenceMemory implements AutoCloseable {
  private final long limit;
  private final Map<Usage, Long> held = new EnumMap<>(Usage.class);

  ReferenceMemory(long limit) {
    this.limit = limit;
  }

  synchronized MemoryUsage usage() {
    return new MemoryUsage(held);
  }

  /**
   * Does nothing where there is room.
   *
   * @throws OutOfMemoryException when the limit has none
   */
  synchronized void requireRoom(String what, long bytes) {
    long available = limit - usage().total();
    if (bytes > available) {
      throw new OutOfMemoryException(what, bytes, available);
    }
  }

  /** Takes note of new memory, for which there must be room. */
  synchronized void reserve(String what, Usage usage, long bytes) {
    requireRoom(what, bytes);
    held.merge(usage, bytes, Long::sum);
  }

  synchronized void release(Usage usage, long bytes) {
    held.merge(usage, -bytes, Long::sum);
  }

  /** Gives everything back: no handle can be used any more, so the garbage collector has it all. */
  @Override
  public synchronized void close() {
    held.clear();
  }
}
