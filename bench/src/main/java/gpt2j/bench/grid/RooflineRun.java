package gpt2j.bench.grid;

import gpt2j.bench.context.BenchContext;
import gpt2j.bench.measure.CaseRunner;
import gpt2j.bench.measure.RunLog;
import gpt2j.bench.measure.StepProfiler;
import gpt2j.bench.measure.Subject;
import gpt2j.bench.measure.Watch;
import gpt2j.bench.measure.Workbench;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.GenerationSample;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.ProfiledStep;
import gpt2j.bench.result.RooflineMeasurement;
import gpt2j.bench.result.RooflinePoint;
import gpt2j.bench.result.RooflineResult;
import gpt2j.bench.result.setup.Header;
import gpt2j.bench.result.setup.Surroundings;
import gpt2j.bench.roofline.Demand;
import gpt2j.bench.roofline.Demands;
import gpt2j.bench.roofline.Limits;
import gpt2j.bench.roofline.Probes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Puts the prefill and the last decoding step of every case under the device's roof. Operations are
 * timed by the profiler; a whole step without it, so that profiling isn't in it.
 */
public final class RooflineRun extends GridLoop {
  private static final int KINDS = 2; // with the profiler, and without

  private final Map<BenchmarkCase, RooflineMeasurement> measurements = new LinkedHashMap<>();

  /**
   * Plans a run.
   *
   * @param before what an earlier run measured
   * @param save called with what there is, now and then and at the end
   */
  public RooflineRun(
      BenchContext context,
      GridSettings settings,
      RunLog log,
      List<RooflineMeasurement> before,
      Consumer<BenchmarkResult> save) {
    super(context, settings, log, save);
    before.forEach(measurement -> measurements.put(measurement.benchmarkCase(), measurement));
  }

  @Override
  long work(CaseSet set) {
    return set.work(true) * (KINDS * settings().repetitions() + settings().warmup());
  }

  @Override
  BenchmarkResult result(Header header) {
    return new RooflineResult(header, settings(), new ArrayList<>(measurements.values()));
  }

  @Override
  boolean isEmpty() {
    return measurements.isEmpty();
  }

  @Override
  void measure(CaseSet set, Workbench workbench) {
    Subject subject = open(set, workbench);
    BenchmarkCase of = set.benchmarkCase(subject, true);
    if (measurements.containsKey(of)) {
      return;
    }
    report("limits of " + of.backend(), 0);
    // Before and after, for what a machine that is shared can do may change meanwhile.
    Limits before = Probes.measure(subject, context().clock());
    Points points = new Points(subject, of);
    Surroundings surroundings = measure(set, subject, of, points);
    report("limits of " + of.backend(), 0);
    Limits device = before.and(Probes.measure(subject, context().clock()));
    measurements.put(
        of,
        new RooflineMeasurement(
            of,
            device.bandwidthMethod(),
            device.bytesPerSecond(),
            device.arithmeticMethod(),
            device.operationsPerSecond(),
            points.list(),
            surroundings));
  }

  private Surroundings measure(CaseSet set, Subject subject, BenchmarkCase of, Points points) {
    String task = of.model() + " " + of.test();
    try (CaseRunner runner = new CaseRunner(context(), subject, of, settings().seed())) {
      StepProfiler profiler = new StepProfiler(subject.backend(), runner, of);
      for (int i = 0; i < settings().warmup(); i++) {
        report(task, set.work(true));
        runner.run(true);
      }
      Watch watch = runner.watch();
      for (int i = 0; i < settings().repetitions(); i++) {
        int repetition = i;
        report(task, set.work(true));
        points.addWhole(watch.during(() -> runner.run(true)));
        report(task, set.work(true));
        watch.during(() -> profiler.profile(repetition)).forEach(points::add);
      }
      return watch.seen();
    }
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
