package gpt2j.api;

import java.util.List;

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
   */
  public record Section(String name, long calls, long nanos) {}

  public Profile {
    sections = List.copyOf(sections);
  }
}
