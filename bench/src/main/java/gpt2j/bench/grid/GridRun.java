package gpt2j.bench.grid;

import gpt2j.bench.context.BenchContext;
import gpt2j.bench.measure.CaseRunner;
import gpt2j.bench.measure.ResidentMemory;
import gpt2j.bench.measure.RunLog;
import gpt2j.bench.measure.Subject;
import gpt2j.bench.measure.Workbench;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.GenerationSample;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.result.MemoryFigures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/** Measures every case of a grid, and goes on where an earlier run ended. */
public final class GridRun {
  private static final long SAVE_NANOS = 5_000_000_000L;

  private final BenchContext context;
  private final GridKind kind;
  private final GridSettings settings;
  private final RunLog log;
  private final Consumer<BenchmarkResult> save;
  private final List<CaseSet> sets;
  private final Map<BenchmarkCase, Measurement> measurements = new LinkedHashMap<>();
  private final long totalWork;
  private long doneWork;
  private long savedAt = System.nanoTime();

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
    this.context = context;
    this.kind = kind;
    this.settings = settings;
    this.log = log;
    this.save = save;
    sets = CaseSet.of(settings);
    before.forEach(measurement -> measurements.put(measurement.benchmarkCase(), measurement));
    totalWork = sets.stream().mapToLong(this::work).sum();
  }

  private long work(CaseSet set) {
    return set.useCache().stream().mapToLong(set::work).sum()
        * (settings.repetitions() + settings.warmup());
  }

  /**
   * Measures what is missing.
   *
   * @throws CancellationException when the user wants an end; what was measured has been saved
   */
  public BenchmarkResult run() {
    boolean complete = false;
    BenchmarkResult last;
    try (Workbench workbench = new Workbench(context, log)) {
      for (CaseSet set : sets) {
        workbench.keepOnly(Set.of(set.key()));
        measure(set, workbench.open(set.key()));
      }
      complete = true;
    } finally {
      last = result(complete);
      if (!measurements.isEmpty()) {
        save.accept(last);
      }
    }
    return last;
  }

  private BenchmarkResult result(boolean complete) {
    return kind.result(log.header(complete), settings, new ArrayList<>(measurements.values()));
  }

  private void measure(CaseSet set, Subject subject) {
    List<BenchmarkCase> missing =
        set.useCache().stream()
            .map(cached -> set.benchmarkCase(subject, cached))
            .filter(of -> samples(of).size() < settings.repetitions())
            .toList();
    long endWork = doneWork + work(set);
    if (!missing.isEmpty()) {
      try (CaseRunner runner =
          new CaseRunner(context, subject, missing.getFirst(), settings.seed())) {
        for (int i = 0; i < settings.warmup(); i++) {
          for (BenchmarkCase of : missing) {
            report(set, of);
            runner.run(of.useCache());
          }
        }
        for (int i = 0; i < settings.repetitions(); i++) {
          for (BenchmarkCase of : missing) {
            if (samples(of).size() <= i) {
              report(set, of);
              repeat(runner, of);
            }
          }
        }
      }
      save(true);
    }
    doneWork = endWork;
  }

  private void repeat(CaseRunner runner, BenchmarkCase of) {
    boolean reset = ResidentMemory.reset();
    List<GenerationSample> samples = new ArrayList<>(samples(of));
    samples.add(runner.run(of.useCache()));
    OptionalLong peak = reset ? ResidentMemory.peak() : OptionalLong.empty();
    Measurement before = measurements.get(of);
    MemoryFigures memory =
        runner.memory(before == null ? peak : larger(peak, before.memory().peakResidentBytes()));
    measurements.put(of, new Measurement(of, samples, memory));
    save(false);
  }

  private static OptionalLong larger(OptionalLong a, OptionalLong b) {
    return a.isPresent() && b.isPresent()
        ? OptionalLong.of(Math.max(a.getAsLong(), b.getAsLong()))
        : OptionalLong.empty();
  }

  private List<GenerationSample> samples(BenchmarkCase of) {
    Measurement measurement = measurements.get(of);
    return measurement == null ? List.of() : measurement.samples();
  }

  private void report(CaseSet set, BenchmarkCase of) {
    context.check();
    context.listener().progressed(of.model() + " " + of.test(), doneWork, totalWork);
    doneWork += set.work(of.useCache());
  }

  private void save(boolean now) {
    if (now || System.nanoTime() - savedAt > SAVE_NANOS) {
      save.accept(result(false));
      savedAt = System.nanoTime();
    }
  }
}
