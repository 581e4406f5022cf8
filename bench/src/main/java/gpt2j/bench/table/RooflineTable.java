package gpt2j.bench.table;

import gpt2j.bench.result.RooflineMeasurement;
import gpt2j.bench.result.RooflinePoint;
import gpt2j.bench.result.RooflineResult;
import gpt2j.bench.statistics.Statistics;

/** One row per operation and per whole step, with its fractions of the device's limits. */
final class RooflineTable {
  private static final double GIGA = 1e9;
  private static final double PERCENT = 100;

  private RooflineTable() {}

  static Table of(RooflineResult result) {
    Table table =
        new Table(
            "model",
            "backend",
            "precision",
            "threads",
            "phase",
            "tokens",
            "rows",
            "operation",
            "median ms",
            "MB",
            "MFLOP",
            "FLOP/B",
            "GB/s",
            "% of bandwidth",
            "GFLOP/s",
            "% of arithmetic",
            "bound by");
    for (RooflineMeasurement measurement : result.measurements()) {
      for (RooflinePoint point : measurement.points()) {
        add(table, measurement, point);
      }
    }
    table.note(
        "Operations are whole: GELU is in mlp_fc, and scores, softmax and their mix with V are in"
            + " attention. A step is timed without the profiler.");
    return table;
  }

  private static void add(Table table, RooflineMeasurement measurement, RooflinePoint point) {
    double nanos = Statistics.median(Statistics.values(point.nanos()));
    double bandwidth = point.bytes() / nanos * GIGA;
    double arithmetic = point.operations() / nanos * GIGA;
    double ridge = measurement.peakOperationsPerSecond() / measurement.peakBytesPerSecond();
    var of = measurement.benchmarkCase();
    table.add(
        Cell.of(of.model()),
        Cell.of(of.backend()),
        Units.precision(of.precision()),
        Cell.of((long) of.threads()),
        Cell.of(Units.lowerCase(point.phase())),
        Cell.of((long) point.length()),
        Cell.of((long) point.rows()),
        Cell.of(point.name()),
        Cell.of(nanos / Units.MILLI),
        Cell.of(point.bytes() / 1e6),
        Cell.of(point.operations() / 1e6),
        Cell.of(point.intensity()),
        Cell.of(bandwidth / GIGA),
        Cell.percent(PERCENT * bandwidth / measurement.peakBytesPerSecond()),
        Cell.of(arithmetic / GIGA),
        Cell.percent(PERCENT * arithmetic / measurement.peakOperationsPerSecond()),
        Cell.of(point.intensity() < ridge ? "memory" : "arithmetic"));
  }
}
