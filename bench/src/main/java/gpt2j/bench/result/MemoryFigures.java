package gpt2j.bench.result;

import gpt2j.api.tensor.Usage;
import java.util.Collections;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Memory of one case, as measured.
 *
 * @param cacheAllocatedBytes keys and values, as the backend has allocated them
 * @param cacheUsedBytes keys and values that were filled at the end; without the cache the same
 *     memory is filled anew in each step
 * @param deviceBytes what the backend holds, by purpose
 * @param peakResidentBytes the process's peak of resident memory during the case; empty where the
 *     system doesn't tell or doesn't let it be reset
 */
public record MemoryFigures(
    long cacheAllocatedBytes,
    long cacheUsedBytes,
    Map<Usage, Long> deviceBytes,
    OptionalLong peakResidentBytes) {
  public MemoryFigures {
    deviceBytes = Collections.unmodifiableMap(new TreeMap<>(deviceBytes));
  }

  /** All that the backend holds. */
  public long deviceTotalBytes() {
    return deviceBytes.values().stream().mapToLong(Long::longValue).sum();
  }
}
