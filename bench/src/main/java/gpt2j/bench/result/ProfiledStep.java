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
 *     gpt2j.api.Profile}. Parts that the backend can time apart are taken out of their section and
 *     follow it under {@link #part} names
 */
public record ProfiledStep(
    int repetition, Phase phase, int length, long totalNanos, Map<String, Long> sectionNanos) {
  /** What passed outside of all sections: copies to and from the device, and the host's own. */
  public static final String REST = "rest";

  private static final String OF = "/";

  public ProfiledStep {
    sectionNanos = Collections.unmodifiableMap(new LinkedHashMap<>(sectionNanos));
  }

  /** The name of a part of a section. */
  public static String part(String section, String part) {
    return section + OF + part;
  }

  /** The section to which a component belongs: itself, if it is no {@link #part}. */
  public static String section(String component) {
    return component.split(OF, 2)[0];
  }

  /** Time by component, {@link #REST} included: adds up to the total. */
  public Map<String, Long> components() {
    Map<String, Long> nanos = new LinkedHashMap<>(sectionNanos);
    long measured = sectionNanos.values().stream().mapToLong(Long::longValue).sum();
    nanos.put(REST, totalNanos - measured);
    return nanos;
  }

  /** Time by section, together with its parts. */
  public Map<String, Long> sections() {
    Map<String, Long> nanos = new LinkedHashMap<>();
    sectionNanos.forEach((component, time) -> nanos.merge(section(component), time, Long::sum));
    return nanos;
  }
}
