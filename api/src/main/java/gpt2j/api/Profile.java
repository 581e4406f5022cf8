package gpt2j.api;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the time went.
 *
 * @param sections in the order of their first appearance
 * @param totalNanos time from {@link Profiler#start} to {@link Profiler#stop}; more than the sum of
 *     the sections where time passed outside them
 */
public record Profile(List<Section> sections, long totalNanos) {
  /**
   * One section.
   *
   * @param name as the model called it
   * @param calls how often it was entered
   * @param nanos nanoseconds spent in it, all calls together
   * @param parts nanoseconds of those parts of its operations that the backend can time apart, by
   *     name; together no more than {@code nanos}. Empty where it can't
   */
  public record Section(String name, long calls, long nanos, Map<String, Long> parts) {
    public Section {
      parts = Collections.unmodifiableMap(new LinkedHashMap<>(parts));
    }

    /** A section whose parts aren't known. */
    public Section(String name, long calls, long nanos) {
      this(name, calls, nanos, Map.of());
    }
  }

  public Profile {
    sections = List.copyOf(sections);
  }
}
