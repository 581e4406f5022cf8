package gpt2j.bench.grid;

import gpt2j.bench.context.BenchContext;
import gpt2j.bench.measure.CaseRunner;
import gpt2j.bench.measure.RunLog;
import gpt2j.bench.measure.Subject;
import gpt2j.bench.measure.Workbench;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.result.setup.Header;
import java.util.List;
import java.util.function.Consumer;

/** Measures every case of a grid, and goes on where an earlier run ended. */
public final class GridRun extends GridLoop {
  private final GridKind kind;
  private final Samples samples;

  /**
   * Plans a run.
   *
   * @param before what an earlier run measured
   * @param save called with what there is, now and then and at the end
   */
  public GridRun(
      BenchContext context,
      GridKind kind,
      GridSettings settings,
      RunLog log,
      List<Measurement> before,
      Consumer<BenchmarkResult> save) {
    super(context, settings, log, save);
    this.kind = kind;
    samples = new Samples(before);
  }

  @Override
  long work(CaseSet set) {
    return set.useCache().stream().mapToLong(set::work).sum()
        * (settings().repetitions() + settings().warmup());
  }

  @Override
  BenchmarkResult result(Header header) {
    return kind.result(header, settings(), samples.all());
  }

  @Override
  boolean isEmpty() {
    return samples.all().isEmpty();
  }

  @Override
  void measure(CaseSet set, Workbench workbench) {
    Subject subject = open(set, workbench);
    int repetitions = settings().repetitions();
    List<BenchmarkCase> missing =
        set.useCache().stream()
            .map(cached -> set.benchmarkCase(subject, cached))
            .filter(of -> samples.count(of) < repetitions)
            .toList();
    if (missing.isEmpty()) {
      return;
    }
    try (CaseRunner runner =
        new CaseRunner(context(), subject, missing.getFirst(), settings().seed())) {
      for (int i = 0; i < settings().warmup(); i++) {
        for (BenchmarkCase of : missing) {
          report(of.model() + " " + of.test(), set.work(of.useCache()));
          runner.run(of.useCache());
        }
      }
      for (int i = 0; i < repetitions; i++) {
        for (BenchmarkCase of : missing) {
          if (samples.count(of) <= i) {
            report(of.model() + " " + of.test(), set.work(of.useCache()));
            samples.take(runner, of);
            save(false);
          }
        }
      }
    }
  }
}
