package gpt2j.bench.table;

import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.ExperimentResult;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.result.setup.Surroundings;
import gpt2j.bench.statistics.Figures;
import gpt2j.bench.statistics.Statistics;
import java.util.Optional;

/** One row per pair of cached and uncached, with the speedup. */
final class ExperimentTable {
  private ExperimentTable() {}

  static Table of(ExperimentResult result) {
    Table table =
        new Table(
            "model",
            "backend",
            "precision",
            "threads",
            "batch",
            "prompt tokens",
            "new tokens",
            "cached TTFT ms",
            "cached TPOT ms",
            "uncached TPOT ms",
            "cached tokens/s",
            "uncached tokens/s",
            "speedup ×",
            "others' cores",
            "memory GB/s");
    for (Measurement cached : result.measurements()) {
      BenchmarkCase of = cached.benchmarkCase();
      if (of.useCache()) {
        add(table, cached, uncached(result, of));
      }
    }
    return table;
  }

  private static Optional<Measurement> uncached(ExperimentResult result, BenchmarkCase cached) {
    BenchmarkCase wanted = cached.withUseCache(false);
    return result.measurements().stream()
        .filter(measurement -> measurement.benchmarkCase().equals(wanted))
        .filter(measurement -> !measurement.samples().isEmpty())
        .findFirst();
  }

  private static void add(Table table, Measurement with, Optional<Measurement> without) {
    BenchmarkCase of = with.benchmarkCase();
    Figures cached = new Figures(with);
    Optional<Figures> uncached = without.map(Figures::new);
    Surroundings both =
        with.surroundings()
            .and(without.map(Measurement::surroundings).orElse(Surroundings.UNKNOWN));
    table.add(
        Cell.of(of.model()),
        Cell.of(of.backend()),
        Units.precision(of.precision()),
        Cell.of((long) of.threads()),
        Cell.of((long) of.batch()),
        Cell.of((long) of.promptTokens()),
        Cell.of((long) of.newTokens()),
        Units.millis(Statistics.median(cached.firstTokenNanos())),
        Units.millis(cached.stepNanos(50)),
        uncached.map(figures -> Units.millis(figures.stepNanos(50))).orElse(new Cell.Empty()),
        Cell.of(Statistics.median(cached.endToEndRates())),
        uncached
            .map(figures -> Cell.of(Statistics.median(figures.endToEndRates())))
            .orElse(new Cell.Empty()),
        uncached.map(figures -> Units.interval(figures.speedup(cached))).orElse(new Cell.Empty()),
        Units.othersCores(both),
        Units.readBandwidth(both));
  }
}
