package gpt2j.testkit;

import gpt2j.api.MemoryUsage;
import gpt2j.api.OutOfMemoryException;
import gpt2j.api.Usage;
import java.util.EnumMap;
import java.util.Map;

/** Keeps account of what one backend's handles occupy. The memory itself is the Java heap. */
final class ReferenceMemory implements AutoCloseable {
  private final long limit;
  private final Map<Usage, Long> held = new EnumMap<>(Usage.class);
  private boolean open = true;

  ReferenceMemory(long limit) {
    this.limit = limit;
  }

  synchronized MemoryUsage usage() {
    return new MemoryUsage(held);
  }

  /**
   * Takes note of new memory.
   *
   * @throws OutOfMemoryException when the limit has no room for it
   */
  synchronized void reserve(String what, Usage usage, long bytes) {
    requireOpen();
    long available = limit - usage().total();
    if (bytes > available) {
      throw new OutOfMemoryException(what, bytes, available);
    }
    held.merge(usage, bytes, Long::sum);
  }

  synchronized void release(Usage usage, long bytes) {
    held.merge(usage, -bytes, Long::sum);
  }

  boolean isOpen() {
    return open;
  }

  void requireOpen() {
    if (!open) {
      throw new IllegalStateException("the backend was closed");
    }
  }

  /**
   * The handle as a {@code type}.
   *
   * @throws IllegalArgumentException when it belongs to another backend
   * @throws IllegalStateException when it was closed, or its backend
   */
  <T extends ReferenceHandle> T own(AutoCloseable handle, Class<T> type, String what) {
    if (!type.isInstance(handle) || type.cast(handle).home() != this) {
      throw new IllegalArgumentException(what + " belongs to another backend");
    }
    T own = type.cast(handle);
    own.requireOpen();
    return own;
  }

  /** Gives everything back: no handle can be used any more, so the garbage collector has it all. */
  @Override
  public synchronized void close() {
    open = false;
    held.clear();
  }
}
