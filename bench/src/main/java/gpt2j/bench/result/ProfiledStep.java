package gpt2j.bench.result;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One step, section by section, timed by the device.
 *
 * @param repetition which repetition, counted from 0
 * @param phase what the step does
 * @param length tokens of each sequence after the step's evaluation: those that the last one
 *     attends to
 * @param totalNanos the whole step, from its beginning until its tokens were read
 * @param sectionNanos nanoseconds by the model's section, in order of appearance, as in {@link
 *     gpt2j.api.Profile}
 */
public record ProfiledStep(
    int repetition, Phase phase, int length, long totalNanos, Map<String, Long> sectionNanos) {
  public ProfiledStep {
    sectionNanos = Collections.unmodifiableMap(new LinkedHashMap<>(sectionNanos));
  }

  /** Time by component, the rest included: adds up to the total. */
  public Map<Component, Long> components() {
    return Component.group(sectionNanos, totalNanos);
  }
}
