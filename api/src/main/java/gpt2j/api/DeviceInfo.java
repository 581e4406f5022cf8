package gpt2j.api;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a device is.
 *
 * @param name the device's own name, for example the processor's model
 * @param totalMemory bytes of memory on the device
 * @param freeMemory bytes that could be allocated when asked
 * @param threads host threads that compute by default
 * @param prefillRows rows of one batch from which on a row gets no cheaper by more of them; longer
 *     prompts are best evaluated so many rows at a time, since each row takes memory; 1 where rows
 *     share nothing
 * @param properties further facts worth showing, in order: vector width, compute capability, …
 */
public record DeviceInfo(
    String name,
    long totalMemory,
    long freeMemory,
    int threads,
    int prefillRows,
    Map<String, String> properties) {
  public DeviceInfo {
    properties = Collections.unmodifiableMap(new LinkedHashMap<>(properties));
  }
}
