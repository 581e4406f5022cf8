package gpt2j.bench.measure;

import gpt2j.api.Backend;
import gpt2j.api.Profile;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.ProfiledStep;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Profiles a case step by step, by the backend's own profiler. A backend that measures a recorded
 * step as a whole only has its decoding steps queued one operation at a time instead.
 */
public final class StepProfiler {
  private static final int SECTIONS_OF_A_WHOLE = 1;

  private final Backend backend;
  private final CaseRunner runner;
  private final BenchmarkCase of;
  private boolean unrecorded;

  /** A profiler of one case. */
  public StepProfiler(Backend backend, CaseRunner runner, BenchmarkCase of) {
    this.backend = backend;
    this.runner = runner;
    this.of = of;
  }

  /** The steps of one repetition. */
  public List<ProfiledStep> profile(int repetition) {
    List<ProfiledStep> steps = once(repetition);
    if (!unrecorded && of.useCache() && steps.stream().anyMatch(StepProfiler::isWhole)) {
      unrecorded = true;
      steps = once(repetition);
    }
    return steps;
  }

  private static boolean isWhole(ProfiledStep step) {
    return step.sectionNanos().size() <= SECTIONS_OF_A_WHOLE;
  }

  private List<ProfiledStep> once(int repetition) {
    List<ProfiledStep> steps = new ArrayList<>();
    CaseRunner.Observer observer =
        new CaseRunner.Observer() {
          @Override
          public void begins() {
            backend.synchronize();
            backend.profiler().start();
          }

          @Override
          public void ended(int index) {
            steps.add(step(repetition, index, backend.profiler().stop()));
          }
        };
    if (unrecorded) {
      runner.observeUnrecorded(observer);
    } else {
      runner.observe(of.useCache(), observer);
    }
    return steps;
  }

  private ProfiledStep step(int repetition, int index, Profile profile) {
    Map<String, Long> sections = new LinkedHashMap<>();
    for (Profile.Section section : profile.sections()) {
      long parts = section.parts().values().stream().mapToLong(Long::longValue).sum();
      sections.put(section.name(), section.nanos() - parts);
      section
          .parts()
          .forEach((part, nanos) -> sections.put(ProfiledStep.part(section.name(), part), nanos));
    }
    return new ProfiledStep(
        repetition,
        index == 0 ? Phase.PREFILL : Phase.DECODE,
        of.promptTokens() + index,
        profile.totalNanos(),
        sections);
  }
}
