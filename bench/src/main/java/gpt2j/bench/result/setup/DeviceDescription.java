package gpt2j.bench.result.setup;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A device that computed.
 *
 * @param backend the backend's name, such as {@code cpu}
 * @param name the device's own name
 * @param totalMemoryBytes its memory
 * @param defaultThreads host threads that compute unless told otherwise
 * @param properties further facts, in order
 */
public record DeviceDescription(
    String backend,
    String name,
    long totalMemoryBytes,
    int defaultThreads,
    Map<String, String> properties) {
  public DeviceDescription {
    properties = Collections.unmodifiableMap(new LinkedHashMap<>(properties));
  }
}
