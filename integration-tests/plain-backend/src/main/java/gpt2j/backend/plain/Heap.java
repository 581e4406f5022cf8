package gpt2j.backend.plain;

import module gpt2j.api;
import module java.base;

/**
 * Counts the arrays of one open backend by purpose and keeps them below a limit. An array that was
 * given back is counted no more, and collected once no handle leads to it.
 */
final class Heap {
  final long limit; // bytes
  private final Map<Usage, Long> bytes = new ConcurrentHashMap<>(); // read by any thread

  /** By default the limit is what the JVM may use. */
  Heap(BackendOptions options) {
    limit = options.memoryLimit().orElse(Runtime.getRuntime().maxMemory());
  }

  MemoryUsage usage() {
    return new MemoryUsage(bytes);
  }

  /** Bytes that may still be allocated. */
  long room() {
    return limit - usage().total();
  }

  void requireRoom(String what, long needed) {
    if (needed > room()) {
      throw new OutOfMemoryException(what, needed, room());
    }
  }

  /** Counts an array in before it is made: of so many elements of 4 bytes, its length. */
  int take(Usage usage, String what, long elements) {
    long needed = Math.multiplyExact(elements, Float.BYTES);
    requireRoom(what, needed);
    if (elements > Integer.MAX_VALUE - 8) { // the longest array that every JVM makes
      throw new OutOfMemoryException(what, needed, (Integer.MAX_VALUE - 8L) * Float.BYTES);
    }
    bytes.merge(usage, needed, Long::sum);
    return (int) elements;
  }

  void give(Usage usage, long given) {
    bytes.merge(usage, -given, Long::sum);
  }

  void giveAll() {
    bytes.clear();
  }
}
