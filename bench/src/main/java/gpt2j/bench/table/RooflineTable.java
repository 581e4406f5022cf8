package gpt2j.bench.table;

import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.RooflineMeasurement;
import gpt2j.bench.result.RooflinePoint;
import gpt2j.bench.statistics.Statistics;

/** One row per operation and per whole step, with its fractions of the device's limits. */
final class RooflineTable {
  private static final double GIGA = 1e9;
  private static final double PERCENT = 100;

  private record Row(RooflineMeasurement measurement, RooflinePoint point) {
    double nanos() {
      return Statistics.median(Statistics.values(point.nanos()));
    }

    double bandwidth() {
      return point.bytes() / nanos() * GIGA;
    }

    double arithmetic() {
      return point.operations() / nanos() * GIGA;
    }

    String bound() {
      double ridge = measurement.peakOperationsPerSecond() / measurement.peakBytesPerSecond();
      return point.intensity() < ridge ? "memory" : "arithmetic";
    }
  }

  private RooflineTable() {}

  static Table of(GridResult result) {
    Table table =
        new Columns<Row>()
            .word("model", row -> row.measurement().benchmarkCase().model())
            .device(row -> row.measurement().benchmarkCase())
            .number("threads", row -> row.measurement().benchmarkCase().threads())
            .word("phase", row -> Units.lowerCase(row.point().phase()))
            .number("tokens", row -> row.point().length())
            .number("rows", row -> row.point().rows())
            .word("operation", row -> row.point().name())
            .add("median ms", row -> Units.millis(row.nanos()))
            .number("MB", row -> row.point().bytes() / 1e6)
            .number("MFLOP", row -> row.point().operations() / 1e6)
            .number("FLOP/B", row -> row.point().intensity())
            .number("GB/s", row -> row.bandwidth() / GIGA)
            .add(
                "% of bandwidth",
                row ->
                    Cell.percent(
                        PERCENT * row.bandwidth() / row.measurement().peakBytesPerSecond()))
            .number("GFLOP/s", row -> row.arithmetic() / GIGA)
            .add(
                "% of arithmetic",
                row ->
                    Cell.percent(
                        PERCENT * row.arithmetic() / row.measurement().peakOperationsPerSecond()))
            .word("bound by", Row::bound)
            .table(
                result.measurements(RooflineMeasurement.class).stream()
                    .flatMap(m -> m.points().stream().map(point -> new Row(m, point)))
                    .toList());
    table.note(
        "Operations are whole: GELU is in mlp_fc, and scores, softmax and their mix with V are in"
            + " attention. A step is timed without the profiler.");
    return table;
  }
}
