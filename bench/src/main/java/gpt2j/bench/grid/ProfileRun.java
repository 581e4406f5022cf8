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
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.ProfileMeasurement;
import gpt2j.bench.result.ProfileResult;
import gpt2j.bench.result.ProfiledStep;
import gpt2j.bench.result.setup.Header;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Profiles every step of every case. */
public final class ProfileRun extends GridLoop {
  private static final int KINDS = 2; // with the profiler, and without

  private final Map<BenchmarkCase, ProfileMeasurement> measurements = new LinkedHashMap<>();

  /**
   * Plans a run.
   *
   * @param before what an earlier run measured
   * @param save called with what there is, now and then and at the end
   */
  public ProfileRun(
      BenchContext context,
      GridSettings settings,
      RunLog log,
      List<ProfileMeasurement> before,
      Consumer<BenchmarkResult> save) {
    super(context, settings, log, save);
    before.forEach(measurement -> measurements.put(measurement.benchmarkCase(), measurement));
  }

  @Override
  long work(CaseSet set) {
    return set.useCache().stream().mapToLong(set::work).sum()
        * (KINDS * settings().repetitions() + settings().warmup());
  }

  @Override
  BenchmarkResult result(Header header) {
    return new ProfileResult(header, settings(), new ArrayList<>(measurements.values()));
  }

  @Override
  boolean isEmpty() {
    return measurements.isEmpty();
  }

  @Override
  void measure(CaseSet set, Workbench workbench) {
    Subject subject = open(set, workbench);
    for (boolean cached : set.useCache()) {
      BenchmarkCase of = set.benchmarkCase(subject, cached);
      if (!measurements.containsKey(of)) {
        measurements.put(of, measure(set, subject, of));
        save(true);
      }
    }
  }

  private ProfileMeasurement measure(CaseSet set, Subject subject, BenchmarkCase of) {
    String task = of.model() + " " + of.test();
    long work = set.work(of.useCache());
    List<ProfiledStep> steps = new ArrayList<>();
    List<Long> plain = new ArrayList<>();
    try (CaseRunner runner = new CaseRunner(context(), subject, of, settings().seed())) {
      StepProfiler profiler = new StepProfiler(subject.backend(), runner, of);
      for (int i = 0; i < settings().warmup(); i++) {
        report(task, work);
        runner.run(of.useCache());
      }
      Watch watch = runner.watch();
      for (int i = 0; i < settings().repetitions(); i++) {
        int repetition = i;
        report(task, work);
        plain.addAll(watch.during(() -> runner.run(of.useCache())).stepNanos());
        report(task, work);
        steps.addAll(watch.during(() -> profiler.profile(repetition)));
      }
      return new ProfileMeasurement(of, steps, plain, watch.seen());
    }
  }
}
