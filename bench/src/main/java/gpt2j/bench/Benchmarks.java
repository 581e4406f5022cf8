package gpt2j.bench;

import gpt2j.bench.compare.Comparer;
import gpt2j.bench.compare.Variation;
import gpt2j.bench.context.BenchContext;
import gpt2j.bench.context.BenchException;
import gpt2j.bench.context.PeerOptions;
import gpt2j.bench.grid.CompareRun;
import gpt2j.bench.grid.GridKind;
import gpt2j.bench.grid.GridRun;
import gpt2j.bench.grid.ProfileRun;
import gpt2j.bench.grid.RooflineRun;
import gpt2j.bench.measure.RunLog;
import gpt2j.bench.peers.Peers;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.CompareResult;
import gpt2j.bench.result.CompareSettings;
import gpt2j.bench.result.Comparison;
import gpt2j.bench.result.ExperimentResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.result.PeersResult;
import gpt2j.bench.result.PeersSettings;
import gpt2j.bench.result.ProfileMeasurement;
import gpt2j.bench.result.ProfileResult;
import gpt2j.bench.result.Publisher;
import gpt2j.bench.result.ResultFile;
import gpt2j.bench.result.RooflineMeasurement;
import gpt2j.bench.result.RooflineResult;
import gpt2j.bench.result.ThroughputResult;
import gpt2j.bench.result.TraceResult;
import gpt2j.bench.table.Tables;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The benchmarks. Each writes what it finds into a {@link RunDirectory} as it comes, and tables and
 * pictures at the end; also when it is interrupted.
 */
public final class Benchmarks {
  private final BenchContext context;
  private final List<Publisher> publishers;

  /** Benchmarks with all publishers of this build. */
  public Benchmarks(BenchContext context) {
    this(context, Publishers.all());
  }

  /** Benchmarks with publishers of one's own. */
  public Benchmarks(BenchContext context, List<Publisher> publishers) {
    this.context = context;
    this.publishers = List.copyOf(publishers);
  }

  /**
   * Rates, latencies and memory over a grid.
   *
   * @param settings what to measure; of a run that goes on, what it has in its file
   * @throws CancellationException when the user wants an end; what was measured is in the directory
   */
  public BenchmarkResult throughput(GridSettings settings, RunDirectory directory) {
    return grid(GridKind.THROUGHPUT, settings, directory);
  }

  /** The latency of every single token. Settings and errors as of {@link #throughput}. */
  public BenchmarkResult trace(GridSettings settings, RunDirectory directory) {
    return grid(GridKind.TRACE, settings, directory);
  }

  /** Cached against uncached. Settings and errors as of {@link #throughput}. */
  public BenchmarkResult experiment(GridSettings settings, RunDirectory directory) {
    return grid(GridKind.EXPERIMENT, settings, directory);
  }

  private BenchmarkResult grid(GridKind kind, GridSettings settings, RunDirectory directory) {
    List<Measurement> before = directory.before().map(r -> measurements(kind, r)).orElse(List.of());
    return run(
        directory, (log, save) -> new GridRun(context, kind, settings, log, before, save)::run);
  }

  /** The time of every component of every step. Settings and errors as of {@link #throughput}. */
  public BenchmarkResult profile(GridSettings settings, RunDirectory directory) {
    List<ProfileMeasurement> before =
        directory
            .before()
            .map(
                result -> {
                  if (result instanceof ProfileResult profile) {
                    return profile.measurements();
                  }
                  throw other("profile", result);
                })
            .orElse(List.of());
    return run(directory, (log, save) -> new ProfileRun(context, settings, log, before, save)::run);
  }

  /**
   * Operations and steps against the device's limits. Settings and errors as of {@link
   * #throughput}.
   */
  public BenchmarkResult roofline(GridSettings settings, RunDirectory directory) {
    List<RooflineMeasurement> before =
        directory
            .before()
            .map(
                result -> {
                  if (result instanceof RooflineResult roofline) {
                    return roofline.measurements();
                  }
                  throw other("roofline", result);
                })
            .orElse(List.of());
    return run(
        directory, (log, save) -> new RooflineRun(context, settings, log, before, save)::run);
  }

  /**
   * One side against another, measured in turn.
   *
   * @param settings what to measure on the first side
   * @param vs what the second side has instead, as {@code backend=cuda}
   * @throws CancellationException when the user wants an end; what was measured is in the directory
   */
  public BenchmarkResult compare(GridSettings settings, String vs, RunDirectory directory) {
    Variation variation = Variation.parse(vs, settings);
    Optional<CompareResult> before =
        directory
            .before()
            .map(
                result -> {
                  if (result instanceof CompareResult compare) {
                    return compare;
                  }
                  throw other("compare", result);
                });
    return run(
        directory,
        (log, save) ->
            new CompareRun(
                    context,
                    settings,
                    variation,
                    log,
                    before.map(CompareResult::measurementsA).orElse(List.of()),
                    before.map(CompareResult::measurementsB).orElse(List.of()),
                    save)
                ::run);
  }

  /** Two results that were measured before, each at its own time. */
  public BenchmarkResult compare(Path a, Path b, RunDirectory directory) {
    BenchmarkResult resultA = ResultFile.read(a);
    BenchmarkResult resultB = ResultFile.read(b);
    List<Measurement> measurementsA = Comparer.measurements(a.toString(), resultA);
    List<Measurement> measurementsB = Comparer.measurements(b.toString(), resultB);
    List<Comparison> comparisons = Comparer.apart(measurementsA, measurementsB);
    return run(
        directory,
        (log, save) ->
            () -> {
              log.addAll(resultA.header());
              log.addAll(resultB.header());
              BenchmarkResult result =
                  new CompareResult(
                      log.header(true),
                      CompareSettings.ofFiles(a, b),
                      comparisons,
                      measurementsA,
                      measurementsB);
              save.accept(result);
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
  public BenchmarkResult peers(
      PeersSettings settings, PeerOptions options, RunDirectory directory) {
    Optional<PeersResult> before =
        directory
            .before()
            .map(
                result -> {
                  if (result instanceof PeersResult peers) {
                    return peers;
                  }
                  throw other("peers", result);
                });
    return run(
        directory, (log, save) -> () -> Peers.run(context, settings, options, log, before, save));
  }

  private static List<Measurement> measurements(GridKind kind, BenchmarkResult result) {
    return switch (result) {
      case ThroughputResult r when kind == GridKind.THROUGHPUT -> r.measurements();
      case TraceResult r when kind == GridKind.TRACE -> r.measurements();
      case ExperimentResult r when kind == GridKind.EXPERIMENT -> r.measurements();
      default -> throw other(kind.name().toLowerCase(Locale.ROOT), result);
    };
  }

  private static BenchException other(String command, BenchmarkResult result) {
    return BenchException.usage(
        "the directory holds a run of bench %s, not of bench %s"
            .formatted(result.commandName(), command));
  }

  /** A benchmark that is ready to run. */
  private interface Run {
    BenchmarkResult run();
  }

  /** Makes a benchmark. */
  private interface Maker {
    Run make(RunLog log, Consumer<BenchmarkResult> save);
  }

  private BenchmarkResult run(RunDirectory directory, Maker maker) {
    RunLog log =
        directory
            .before()
            .map(before -> new RunLog(context.version(), before.header()))
            .orElseGet(() -> new RunLog(context.version()));
    Last last = new Last(directory);
    try {
      return maker.make(log, last).run();
    } finally {
      if (last.result != null) {
        directory.publish(last.result, publishers, context.listener());
        Tables.warnings(last.result).forEach(context.listener()::note);
      }
    }
  }

  /** Saves results and remembers the last. */
  private static final class Last implements Consumer<BenchmarkResult> {
    private final RunDirectory directory;
    private @Nullable BenchmarkResult result;

    Last(RunDirectory directory) {
      this.directory = directory;
    }

    @Override
    public void accept(BenchmarkResult now) {
      result = now;
      directory.save(now);
    }
  }
}
