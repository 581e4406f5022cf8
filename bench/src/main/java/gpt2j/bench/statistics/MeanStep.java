package gpt2j.bench.statistics;

import gpt2j.bench.result.ProfiledStep;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The mean of steps, component by component: means of components add up to that of the whole. */
public final class MeanStep {
  private MeanStep() {}

  /** Nanoseconds of each component, in order of appearance, {@link ProfiledStep#REST} the last. */
  public static Map<String, Double> of(List<ProfiledStep> steps) {
    Set<String> components = new LinkedHashSet<>();
    steps.forEach(step -> components.addAll(step.sectionNanos().keySet()));
    components.add(ProfiledStep.REST);
    List<Map<String, Long>> times = steps.stream().map(ProfiledStep::components).toList();
    Map<String, Double> means = new LinkedHashMap<>();
    for (String component : components) {
      means.put(
          component,
          Statistics.mean(
              times.stream().mapToDouble(time -> time.getOrDefault(component, 0L)).toArray()));
    }
    return means;
  }

  /** The mean of the whole steps. */
  public static double total(Map<String, Double> means) {
    return means.values().stream().mapToDouble(Double::doubleValue).sum();
  }
}
