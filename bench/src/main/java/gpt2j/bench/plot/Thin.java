package gpt2j.bench.plot;

import gpt2j.bench.result.ProfiledStep;
import gpt2j.bench.statistics.MeanStep;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Takes together the components that nobody could see: a line in the legend, and no colour. */
final class Thin {
  private static final double LEAST_PERCENT = 0.5;

  private final Set<String> components = new LinkedHashSet<>();

  /**
   * Those that are thin wherever they are.
   *
   * @param wholes each with its components and their parts of it
   */
  Thin(Collection<Map<String, Double>> wholes) {
    wholes.forEach(whole -> components.addAll(whole.keySet()));
    components.remove(ProfiledStep.REST);
    for (Map<String, Double> whole : wholes) {
      double least = LEAST_PERCENT / 100 * MeanStep.total(whole);
      whole.forEach(
          (component, part) -> {
            if (part >= least) {
              components.remove(component);
            }
          });
    }
    if (components.size() == 1) { // has as long a name itself
      components.clear();
    }
  }

  /** A whole with them taken together, before the rest. */
  Map<String, Double> merge(Map<String, Double> whole) {
    Map<String, Double> merged = new LinkedHashMap<>(whole);
    Double rest = merged.remove(ProfiledStep.REST);
    double others = 0;
    for (String component : components) {
      Double part = merged.remove(component);
      others += part == null ? 0 : part;
    }
    if (!components.isEmpty()) {
      merged.put(name(), others);
    }
    if (rest != null) {
      merged.put(ProfiledStep.REST, rest);
    }
    return merged;
  }

  private String name() {
    return "others (%d)".formatted(components.size());
  }

  /** Which they are, to follow a caption; empty if there are none. */
  String words() {
    return components.isEmpty()
        ? ""
        : "\n%s, nowhere %s %%: %s".formatted(name(), LEAST_PERCENT, String.join(", ", components));
  }
}
