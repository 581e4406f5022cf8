package gpt2j.bench.grid;

import gpt2j.bench.measure.CaseRunner;
import gpt2j.bench.measure.OpenSubjects;
import gpt2j.bench.measure.RunContext;
import gpt2j.bench.measure.Subject;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.CompareResult;
import gpt2j.bench.result.CompareSettings;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.setup.Header;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Measures two sides in turn: A, B, B, A, A, B, … so that neither a drift nor a disturbance of the
 * machine decides.
 */
public final class CompareRun extends GridLoop {
  private static final int SIDES = 2;

  private final CompareSettings compareSettings;
  private final Variation variation;
  private final Samples samplesA;
  private final Samples samplesB;

  /**
   * Plans a run.
   *
   * @param settings the grid of side A
   * @param variation what B has instead
   * @param before what an earlier run measured
   */
  public CompareRun(
      RunContext run, GridSettings settings, Variation variation, Optional<CompareResult> before) {
    super(run, settings, 1);
    this.variation = variation;
    compareSettings =
        new CompareSettings(
            variation.labelOfOther(settings),
            variation.label(),
            true,
            settings.withNames(),
            variation.label());
    samplesA = new Samples(before.map(CompareResult::measurementsA).orElse(List.of()));
    samplesB = new Samples(before.map(CompareResult::measurementsB).orElse(List.of()));
  }

  @Override
  Set<Subject.Key> subjects(CaseSet set) {
    return new HashSet<>(List.of(set.key(), variation.apply(set.key())));
  }

  @Override
  long work(CaseSet set) {
    return set.useCache().stream()
        .mapToLong(cached -> set.work(cached) + set.work(variation.apply(cached)))
        .sum();
  }

  @Override
  BenchmarkResult result(Header header) {
    return new CompareResult(
        header,
        compareSettings,
        Comparer.interleaved(samplesA.all(), samplesB.all(), variation),
        samplesA.all(),
        samplesB.all());
  }

  @Override
  boolean isEmpty() {
    return samplesA.all().isEmpty();
  }

  @Override
  void measure(CaseSet set, OpenSubjects workbench) {
    Subject a = workbench.open(set.key());
    Subject b = workbench.open(variation.apply(set.key()));
    for (boolean cached : set.useCache()) {
      measure(
          set, a, set.benchmarkCase(a, cached), b, set.benchmarkCase(b, variation.apply(cached)));
    }
  }

  private void measure(CaseSet set, Subject a, BenchmarkCase ofA, Subject b, BenchmarkCase ofB) {
    int done = Math.min(samplesA.count(ofA), samplesB.count(ofB));
    if (done >= settings().repetitions()) {
      return;
    }
    String task = ofA.model() + " " + ofA.test();
    long work = set.work(ofA.useCache()) + set.work(ofB.useCache());
    try (CaseRunner runnerA = runner(a, ofA);
        CaseRunner runnerB = runner(b, ofB)) {
      for (int i = 0; i < settings().warmup(); i++) {
        report(task, work);
        runnerA.run(ofA.useCache());
        runnerB.run(ofB.useCache());
      }
      for (int i = done; i < settings().repetitions(); i++) {
        report(task, work);
        for (int turn = 0; turn < SIDES; turn++) {
          boolean first = turn == i % SIDES;
          Samples side = first ? samplesA : samplesB;
          BenchmarkCase of = first ? ofA : ofB;
          if (side.count(of) <= i) { // an interrupted run may have ended between the two
            side.take(first ? runnerA : runnerB, of);
          }
        }
        save(false);
      }
    }
  }
}
