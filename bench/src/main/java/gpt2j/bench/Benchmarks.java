package gpt2j.bench;

import gpt2j.bench.baselines.BaselinesRun;
import gpt2j.bench.context.BenchContext;
import gpt2j.bench.context.BenchException;
import gpt2j.bench.context.ProgramOptions;
import gpt2j.bench.grid.CompareRun;
import gpt2j.bench.grid.Comparer;
import gpt2j.bench.grid.GridRun;
import gpt2j.bench.grid.ProfileRun;
import gpt2j.bench.grid.RooflineRun;
import gpt2j.bench.grid.Variation;
import gpt2j.bench.measure.RunContext;
import gpt2j.bench.measure.RunLog;
import gpt2j.bench.report.ReportPublisher;
import gpt2j.bench.result.BaselinesResult;
import gpt2j.bench.result.BaselinesSettings;
import gpt2j.bench.result.BenchmarkCommand;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.CaseMeasurement;
import gpt2j.bench.result.CompareResult;
import gpt2j.bench.result.CompareSettings;
import gpt2j.bench.result.Comparison;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.result.Publisher;
import gpt2j.bench.result.ResultFile;
import gpt2j.bench.table.Tables;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * The benchmarks. Each writes what it finds into a {@link ResultDirectory} as it comes, and tables
 * and pictures at the end; also when it is interrupted.
 */
public final class Benchmarks {
  private final BenchContext context;
  private final List<Publisher> publishers;

  /** Benchmarks with all publishers of this build. */
  public Benchmarks(BenchContext context) {
    this(context, List.of(new ReportPublisher()));
  }

  /** Benchmarks with publishers of one's own. */
  public Benchmarks(BenchContext context, List<Publisher> publishers) {
    this.context = context;
    this.publishers = List.copyOf(publishers);
  }

  /**
   * Measures over a grid.
   *
   * @param command one of those with a {@link GridResult}
   * @param settings what to measure; of a run that goes on, what it has in its file
   * @throws CancellationException when the user wants an end; what was measured is in the directory
   */
  public BenchmarkResult grid(
      BenchmarkCommand command, GridSettings settings, ResultDirectory directory) {
    Optional<GridResult> earlier = before(command, GridResult.class, directory);
    List<CaseMeasurement> before = earlier.map(GridResult::measurements).orElse(List.of());
    return run(
        directory,
        run ->
            switch (command) {
              case PROFILE -> new ProfileRun(run, command, settings, before).run();
              case ROOFLINE -> new RooflineRun(run, settings, before).run();
              default -> {
                List<Measurement> measured =
                    earlier.map(r -> r.measurements(Measurement.class)).orElse(List.of());
                yield new GridRun(run, command, settings, measured).run();
              }
            });
  }

  /**
   * One side against another, measured in turn.
   *
   * @param settings what to measure on the first side
   * @param vs what the second side has instead, as {@code backend=cuda}
   * @throws CancellationException when the user wants an end; what was measured is in the directory
   */
  public BenchmarkResult compare(GridSettings settings, String vs, ResultDirectory directory) {
    Variation variation = Variation.parse(vs, settings);
    Optional<CompareResult> before =
        before(BenchmarkCommand.COMPARE, CompareResult.class, directory);
    return run(directory, run -> new CompareRun(run, settings, variation, before).run());
  }

  /** Two results that were measured before, each at its own time. */
  public BenchmarkResult compare(Path a, Path b, ResultDirectory directory) {
    BenchmarkResult resultA = ResultFile.read(a);
    BenchmarkResult resultB = ResultFile.read(b);
    List<Measurement> measurementsA = Comparer.measurements(a.toString(), resultA);
    List<Measurement> measurementsB = Comparer.measurements(b.toString(), resultB);
    List<Comparison> comparisons = Comparer.apart(measurementsA, measurementsB);
    return run(
        directory,
        run -> {
          run.log().addAll(resultA.header());
          run.log().addAll(resultB.header());
          BenchmarkResult result =
              new CompareResult(
                  run.log().header(true),
                  CompareSettings.ofFiles(a, b),
                  comparisons,
                  measurementsA,
                  measurementsB);
          run.save().accept(result);
          return result;
        });
  }

  /**
   * gpt2j beside other programs.
   *
   * @param settings what to measure; of a run that goes on, what it has in its file
   * @param options how the programs are found
   * @throws CancellationException when the user wants an end; what was measured is in the directory
   */
  public BenchmarkResult baselines(
      BaselinesSettings settings, ProgramOptions options, ResultDirectory directory) {
    Optional<BaselinesResult> before =
        before(BenchmarkCommand.BASELINES, BaselinesResult.class, directory);
    return run(directory, run -> BaselinesRun.run(run, settings, options, before));
  }

  /** What an earlier run left, which must be one of the same benchmark. */
  private static <T extends BenchmarkResult> Optional<T> before(
      BenchmarkCommand command, Class<T> type, ResultDirectory directory) {
    directory
        .before()
        .filter(result -> result.command() != command)
        .ifPresent(
            result -> {
              throw BenchException.usage(
                  "the directory holds a run of bench %s, not of bench %s"
                      .formatted(result.command().label(), command.label()));
            });
    return directory.before().map(type::cast);
  }

  /** Measures, and has what there is saved as it comes. */
  private BenchmarkResult run(
      ResultDirectory directory, Function<RunContext, BenchmarkResult> run) {
    RunLog log =
        directory
            .before()
            .map(before -> new RunLog(context.version(), before.header()))
            .orElseGet(() -> new RunLog(context.version()));
    AtomicReference<BenchmarkResult> last = new AtomicReference<>();
    try {
      return run.apply(
          new RunContext(
              context,
              log,
              now -> {
                last.set(now);
                directory.save(now);
              }));
    } finally {
      if (last.get() != null) {
        directory.publish(last.get(), publishers, context.listener());
        Tables.warnings(last.get()).forEach(context.listener()::note);
      }
    }
  }
}
