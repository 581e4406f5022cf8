package gpt2j.bench.grid;

import gpt2j.bench.measure.CaseRunner;
import gpt2j.bench.measure.OpenSubjects;
import gpt2j.bench.measure.RunContext;
import gpt2j.bench.measure.Subject;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.BenchmarkCommand;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.result.setup.Header;
import java.util.List;

/** Measures every case of a grid, and goes on where an earlier run ended. */
public final class GridRun extends GridLoop {
  private final BenchmarkCommand command;
  private final Samples samples;

  /**
   * Plans a run.
   *
   * @param before what an earlier run measured
   */
  public GridRun(
      RunContext run, BenchmarkCommand command, GridSettings settings, List<Measurement> before) {
    super(run, settings, 1);
    this.command = command;
    samples = new Samples(before);
  }

  @Override
  BenchmarkResult result(Header header) {
    return new GridResult(command, header, settings(), List.copyOf(samples.all()));
  }

  @Override
  boolean isEmpty() {
    return samples.all().isEmpty();
  }

  @Override
  void measure(CaseSet set, OpenSubjects workbench) {
    Subject subject = workbench.open(set.key());
    int repetitions = settings().repetitions();
    List<BenchmarkCase> missing =
        set.useCache().stream()
            .map(cached -> set.benchmarkCase(subject, cached))
            .filter(of -> samples.count(of) < repetitions)
            .toList();
    if (missing.isEmpty()) {
      return;
    }
    try (CaseRunner runner = runner(subject, missing.getFirst())) {
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
