package gpt2j.bench.grid;

import gpt2j.bench.grid.Demands.Demand;
import gpt2j.bench.measure.RunContext;
import gpt2j.bench.measure.Subject;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.BenchmarkCommand;
import gpt2j.bench.result.CaseMeasurement;
import gpt2j.bench.result.GenerationSample;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.ProfiledStep;
import gpt2j.bench.result.RooflineMeasurement;
import gpt2j.bench.result.RooflinePoint;
import gpt2j.bench.result.setup.Surroundings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Puts the prefill and the last decoding step of every case under the device's roof. Operations are
 * timed by the profiler; a whole step without it, so that profiling isn't in it.
 */
public final class RooflineRun extends ProfileRun {
  /** Plans a run, as {@link ProfileRun}. */
  public RooflineRun(RunContext run, GridSettings settings, List<CaseMeasurement> before) {
    super(run, BenchmarkCommand.ROOFLINE, settings, before);
  }

  @Override
  long work(CaseSet set) {
    return set.work(true);
  }

  @Override
  List<Boolean> useCache(CaseSet set) {
    return List.of(true);
  }

  @Override
  CaseMeasurement measure(Subject subject, BenchmarkCase of, long work) {
    report("limits of " + of.backend(), 0);
    // Before and after, for what a machine that is shared can do may change meanwhile.
    DeviceLimits before = DeviceLimits.measure(subject, context().clock());
    Points points = new Points(subject, of);
    Surroundings seen =
        inTurn(subject, of, work, points::addWhole, steps -> steps.forEach(points::add));
    report("limits of " + of.backend(), 0);
    DeviceLimits device = before.and(DeviceLimits.measure(subject, context().clock()));
    return new RooflineMeasurement(
        of,
        device.bandwidthMethod(),
        device.bytesPerSecond(),
        device.arithmeticMethod(),
        device.operationsPerSecond(),
        points.list(),
        seen);
  }

  /** Collects times by operation: of prefill, and of the longest decoding step. */
  private static final class Points {
    private final Subject subject;
    private final BenchmarkCase of;
    private final int last;
    private final Map<Phase, Map<String, List<Long>>> nanos = new LinkedHashMap<>();

    Points(Subject subject, BenchmarkCase of) {
      this.subject = subject;
      this.of = of;
      last = of.promptTokens() + of.newTokens() - 1;
    }

    void add(ProfiledStep step) {
      if (step.phase() == Phase.PREFILL || step.length() == last) {
        step.sections().forEach((section, time) -> add(step.phase(), section, time));
      }
    }

    void addWhole(GenerationSample sample) {
      add(Phase.PREFILL, RooflinePoint.STEP, sample.firstTokenNanos());
      if (!sample.stepNanos().isEmpty()) {
        add(Phase.DECODE, RooflinePoint.STEP, sample.stepNanos().getLast());
      }
    }

    private void add(Phase phase, String name, long time) {
      nanos
          .computeIfAbsent(phase, _ -> new LinkedHashMap<>())
          .computeIfAbsent(name, _ -> new ArrayList<>())
          .add(time);
    }

    List<RooflinePoint> list() {
      List<RooflinePoint> points = new ArrayList<>();
      for (Phase phase : Phase.values()) {
        int rows = phase == Phase.PREFILL ? of.promptTokens() : 1;
        int length = phase == Phase.PREFILL ? of.promptTokens() : last;
        Map<String, Demand> demands =
            Demands.of(subject.gpt2().config(), of.precision(), of.batch(), rows, length);
        Map<String, List<Long>> times = nanos.getOrDefault(phase, Map.of());
        demands.forEach(
            (name, demand) -> {
              List<Long> measured = times.get(name);
              if (measured != null) {
                points.add(
                    new RooflinePoint(
                        name,
                        phase,
                        of.batch() * rows,
                        length,
                        demand.bytes(),
                        demand.operations(),
                        measured));
              }
            });
      }
      return points;
    }
  }
}
