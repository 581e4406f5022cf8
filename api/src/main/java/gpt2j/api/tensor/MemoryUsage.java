package gpt2j.api.tensor;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * Bytes that a backend holds right now, by purpose. What a library below it takes for itself is not
 * included.
 *
 * @param bytes bytes by purpose; a purpose that holds nothing maps to 0
 */
public record MemoryUsage(Map<Usage, Long> bytes) {
  public MemoryUsage {
    EnumMap<Usage, Long> complete = new EnumMap<>(Usage.class);
    for (Usage usage : Usage.values()) {
      complete.put(usage, bytes.getOrDefault(usage, 0L));
    }
    bytes = Collections.unmodifiableMap(complete);
  }

  /** Bytes held for {@code usage}. */
  public long of(Usage usage) {
    return bytes.getOrDefault(usage, 0L);
  }

  /** Bytes held for all purposes together. */
  public long total() {
    return bytes.values().stream().mapToLong(Long::longValue).sum();
  }
}
