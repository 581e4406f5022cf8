package gpt2j.bench.grid;

import gpt2j.bench.measure.CaseRunner;
import gpt2j.bench.measure.OpenSubjects;
import gpt2j.bench.measure.RunContext;
import gpt2j.bench.measure.StepProfiler;
import gpt2j.bench.measure.Subject;
import gpt2j.bench.measure.Watch;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.BenchmarkCommand;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.CaseMeasurement;
import gpt2j.bench.result.GenerationSample;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.ProfileMeasurement;
import gpt2j.bench.result.ProfiledStep;
import gpt2j.bench.result.setup.Header;
import gpt2j.bench.result.setup.Surroundings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Profiles every step of every case. */
public class ProfileRun extends GridLoop {
  private static final int KINDS = 2; // with the profiler, and without

  private final BenchmarkCommand command;
  private final Map<BenchmarkCase, CaseMeasurement> measurements = new LinkedHashMap<>();

  /**
   * Plans a run.
   *
   * @param before what an earlier run measured
   */
  public ProfileRun(
      RunContext run,
      BenchmarkCommand command,
      GridSettings settings,
      List<CaseMeasurement> before) {
    super(run, settings, KINDS);
    this.command = command;
    before.forEach(measurement -> measurements.put(measurement.benchmarkCase(), measurement));
  }

  @Override
  final BenchmarkResult result(Header header) {
    return new GridResult(command, header, settings(), new ArrayList<>(measurements.values()));
  }

  @Override
  final boolean isEmpty() {
    return measurements.isEmpty();
  }

  @Override
  final void measure(CaseSet set, OpenSubjects workbench) {
    Subject subject = workbench.open(set.key());
    for (boolean cached : useCache(set)) {
      BenchmarkCase of = set.benchmarkCase(subject, cached);
      if (!measurements.containsKey(of)) {
        measurements.put(of, measure(subject, of, set.work(cached)));
        save(true);
      }
    }
  }

  /** Which cases of a set are measured. */
  List<Boolean> useCache(CaseSet set) {
    return set.useCache();
  }

  /**
   * Measures a case.
   *
   * @param work how much of it one run is
   */
  CaseMeasurement measure(Subject subject, BenchmarkCase of, long work) {
    List<ProfiledStep> steps = new ArrayList<>();
    List<Long> plain = new ArrayList<>();
    Surroundings seen =
        inTurn(subject, of, work, sample -> plain.addAll(sample.stepNanos()), steps::addAll);
    return new ProfileMeasurement(of, steps, plain, seen);
  }

  /** Runs a case without the profiler and with it, in turn, once it is warm. */
  final Surroundings inTurn(
      Subject subject,
      BenchmarkCase of,
      long work,
      Consumer<GenerationSample> plain,
      Consumer<List<ProfiledStep>> profiled) {
    String task = of.model() + " " + of.test();
    try (CaseRunner runner = runner(subject, of)) {
      StepProfiler profiler = new StepProfiler(subject.backend(), runner, of);
      for (int i = 0; i < settings().warmup(); i++) {
        report(task, work);
        runner.run(of.useCache());
      }
      Watch watch = runner.watch();
      for (int i = 0; i < settings().repetitions(); i++) {
        int repetition = i;
        report(task, work);
        plain.accept(watch.during(() -> runner.run(of.useCache())));
        report(task, work);
        profiled.accept(watch.during(() -> profiler.profile(repetition)));
      }
      return watch.seen();
    }
  }
}
