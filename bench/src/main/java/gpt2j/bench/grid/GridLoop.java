package gpt2j.bench.grid;

import gpt2j.bench.context.BenchContext;
import gpt2j.bench.measure.RunLog;
import gpt2j.bench.measure.Subject;
import gpt2j.bench.measure.SubjectKey;
import gpt2j.bench.measure.Workbench;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.setup.Header;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/** Goes through the sets of a grid, and saves what there is now and then. */
public abstract class GridLoop {
  private static final long SAVE_NANOS = 5_000_000_000L;

  private final BenchContext context;
  private final GridSettings settings;
  private final RunLog log;
  private final Consumer<BenchmarkResult> save;
  private long totalWork;
  private long doneWork;
  private long savedAt = System.nanoTime();

  /**
   * Plans a run.
   *
   * @param save called with what there is, now and then and at the end
   */
  GridLoop(
      BenchContext context, GridSettings settings, RunLog log, Consumer<BenchmarkResult> save) {
    this.context = context;
    this.settings = settings;
    this.log = log;
    this.save = save;
  }

  /** Measures what is missing of a set. */
  abstract void measure(CaseSet set, Workbench workbench);

  /** How much work a set is. */
  abstract long work(CaseSet set);

  /** The subjects that a set needs at the same time. */
  Set<SubjectKey> subjects(CaseSet set) {
    return Set.of(set.key());
  }

  /** What there is. */
  abstract BenchmarkResult result(Header header);

  /** Whether there is nothing yet. */
  abstract boolean isEmpty();

  final BenchContext context() {
    return context;
  }

  /** As results have them. */
  final GridSettings settings() {
    return settings.withNames();
  }

  /**
   * Measures what is missing.
   *
   * @throws CancellationException when the user wants an end; what was measured has been saved
   */
  public final BenchmarkResult run() {
    List<CaseSet> sets = CaseSet.of(settings);
    totalWork = sets.stream().mapToLong(this::work).sum();
    boolean complete = false;
    BenchmarkResult last;
    try (Workbench workbench = new Workbench(context, log)) {
      for (CaseSet set : sets) {
        workbench.keepOnly(new LinkedHashSet<>(subjects(set)));
        long end = doneWork + work(set);
        measure(set, workbench);
        doneWork = end;
        save(true);
      }
      complete = true;
    } finally {
      last = result(log.header(complete));
      if (!isEmpty()) {
        save.accept(last);
      }
    }
    return last;
  }

  /** Says what is done next, and how much work that is. */
  final void report(String task, long work) {
    context.check();
    context.listener().progressed(task, Math.min(doneWork, totalWork), totalWork);
    doneWork += work;
  }

  /** Saves what there is, if the last time was a while ago. */
  final void save(boolean now) {
    if (!isEmpty() && (now || System.nanoTime() - savedAt > SAVE_NANOS)) {
      save.accept(result(log.header(false)));
      savedAt = System.nanoTime();
    }
  }

  /** Opens the set's subject. */
  static Subject open(CaseSet set, Workbench workbench) {
    return workbench.open(set.key());
  }
}
