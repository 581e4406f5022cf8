package gpt2j.bench.table;

import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.GenerationSample;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.result.TraceResult;
import gpt2j.bench.statistics.Interval;
import gpt2j.bench.statistics.Statistics;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** One row per token: the median of its latency over repetitions, and the extremes. */
final class TraceTable {
  /** Rows per case that are read at a glance. */
  static final int PAGE = 12;

  private TraceTable() {}

  /**
   * The table.
   *
   * @param rows of each case at most, evenly spread, the first and the last token among them
   */
  static Table of(TraceResult result, int rows) {
    Table table =
        new Table(
            "model",
            "backend",
            "precision",
            "test",
            "token",
            "median ms",
            "smallest ms",
            "largest ms");
    for (Measurement measurement : result.measurements()) {
      BenchmarkCase of = measurement.benchmarkCase();
      for (int token : tokens(of.newTokens(), rows)) {
        double[] nanos =
            measurement.samples().stream().mapToDouble(sample -> nanos(sample, token)).toArray();
        Interval range = Statistics.range(nanos);
        table.add(
            Cell.of(of.model()),
            Cell.of(of.backend()),
            Units.precision(of.precision()),
            Cell.of(of.test()),
            Cell.of((long) token),
            Units.millis(Statistics.median(nanos)),
            end(range, range.low()),
            end(range, range.high()));
      }
    }
    return table;
  }

  private static Cell end(Interval range, double nanos) {
    return range.isKnown() ? Units.millis(nanos) : new Cell.Unknown();
  }

  /** The time of a token, counted from 1; that of the first is TTFT. */
  private static double nanos(GenerationSample sample, int token) {
    return token == 1 ? sample.firstTokenNanos() : sample.stepNanos().get(token - 2);
  }

  private static TreeSet<Integer> tokens(int count, int rows) {
    TreeSet<Integer> tokens = new TreeSet<>();
    int shown = Math.min(count, rows);
    IntStream.range(0, shown)
        .map(i -> shown == 1 ? 1 : 1 + (int) Math.round((double) i * (count - 1) / (shown - 1)))
        .forEach(tokens::add);
    return tokens;
  }
}
