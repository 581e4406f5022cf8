package gpt2j.bench.grid;

import gpt2j.bench.context.BenchContext;
import gpt2j.bench.measure.CaseRunner;
import gpt2j.bench.measure.OpenSubjects;
import gpt2j.bench.measure.RunContext;
import gpt2j.bench.measure.Subject;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.setup.Header;
import java.util.Set;
import java.util.concurrent.CancellationException;

/** Goes through the sets of a grid, and saves what there is now and then. */
public abstract class GridLoop {
  private static final long SAVE_NANOS = 5_000_000_000L;

  private final RunContext run;
  private final GridSettings settings;
  private final GridSettings named;
  private final int runsOfEach;
  private long totalWork;
  private long doneWork;
  private long savedAt = System.nanoTime();

  /**
   * Plans a run.
   *
   * @param runsPerRepetition how often a case runs for each of its samples
   */
  GridLoop(RunContext run, GridSettings settings, int runsPerRepetition) {
    this.run = run;
    this.settings = settings;
    named = settings.withNames();
    runsOfEach = runsPerRepetition * settings.repetitions() + settings.warmup();
  }

  /** Measures what is missing of a set. */
  abstract void measure(CaseSet set, OpenSubjects workbench);

  /** How much work each run of a set's cases is, all of them together. */
  long work(CaseSet set) {
    return set.useCache().stream().mapToLong(set::work).sum();
  }

  /** The subjects that a set needs at the same time. */
  Set<Subject.Key> subjects(CaseSet set) {
    return Set.of(set.key());
  }

  /** What there is. */
  abstract BenchmarkResult result(Header header);

  /** Whether there is nothing yet. */
  abstract boolean isEmpty();

  final BenchContext context() {
    return run.bench();
  }

  /** As results have them. */
  final GridSettings settings() {
    return named;
  }

  final CaseRunner runner(Subject subject, BenchmarkCase of) {
    return new CaseRunner(run.bench(), subject, of, settings.seed());
  }

  /**
   * Measures what is missing.
   *
   * @throws CancellationException when the user wants an end; what was measured has been saved
   */
  public final BenchmarkResult run() {
    var sets = CaseSet.of(settings);
    totalWork = runsOfEach * sets.stream().mapToLong(this::work).sum();
    boolean complete = false;
    BenchmarkResult last;
    try (OpenSubjects workbench = new OpenSubjects(run.bench(), run.log())) {
      for (CaseSet set : sets) {
        workbench.keepOnly(subjects(set));
        long end = doneWork + runsOfEach * work(set);
        measure(set, workbench);
        doneWork = end;
        save(true);
      }
      complete = true;
    } finally {
      last = result(run.log().header(complete));
      if (!isEmpty()) {
        run.save().accept(last);
      }
    }
    return last;
  }

  /** Says what is done next, and how much work that is. */
  final void report(String task, long work) {
    run.bench().check();
    run.bench().listener().progressed(task, Math.min(doneWork, totalWork), totalWork);
    doneWork += work;
  }

  /** Saves what there is, if the last time was a while ago. */
  final void save(boolean now) {
    if (!isEmpty() && (now || System.nanoTime() - savedAt > SAVE_NANOS)) {
      run.save().accept(result(run.log().header(false)));
      savedAt = System.nanoTime();
    }
  }
}
