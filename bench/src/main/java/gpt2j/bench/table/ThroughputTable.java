package gpt2j.bench.table;

import gpt2j.api.tensor.Usage;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.result.MemoryFigures;
import gpt2j.bench.result.ThroughputResult;
import gpt2j.bench.result.setup.Model;
import gpt2j.bench.statistics.Figures;
import gpt2j.bench.statistics.Statistics;

/** One row per case: medians, rates with the smallest and the largest repetition. */
final class ThroughputTable {
  private static final double MILLION = 1e6;

  private ThroughputTable() {}

  static Table of(ThroughputResult result) {
    Table table =
        new Table(
            "model",
            "weights MiB",
            "parameters M",
            "backend",
            "precision",
            "threads",
            "test",
            "prefill tokens/s",
            "decode tokens/s",
            "end to end tokens/s",
            "TTFT ms",
            "TPOT ms",
            "TPOT p95 ms",
            "TPOT p99 ms",
            "KV MiB",
            "KV used MiB",
            "peak RSS MiB",
            "device MiB",
            "others' cores",
            "memory GB/s");
    for (Measurement measurement : result.measurements()) {
      BenchmarkCase of = measurement.benchmarkCase();
      Figures figures = new Figures(measurement);
      MemoryFigures memory = measurement.memory();
      double parameters =
          Units.model(result.header(), of.model())
              .map(Model::parameters)
              .map(Long::doubleValue)
              .orElse(Double.NaN);
      table.add(
          Cell.of(of.model()),
          Units.mebibytes(memory.deviceBytes().getOrDefault(Usage.WEIGHTS, 0L)),
          Cell.of(parameters / MILLION),
          Cell.of(of.backend()),
          Units.precision(of.precision()),
          Cell.of((long) of.threads()),
          Cell.of(of.test()),
          rate(figures.prefillRates()),
          rate(figures.decodeRates()),
          rate(figures.endToEndRates()),
          Units.millis(Statistics.median(figures.firstTokenNanos())),
          Units.millis(figures.stepNanos(50)),
          Units.millis(figures.stepNanos(95)),
          Units.millis(figures.stepNanos(99)),
          Units.mebibytes(memory.cacheAllocatedBytes()),
          Units.mebibytes(memory.cacheUsedBytes()),
          memory.peakResidentBytes().isPresent()
              ? Units.mebibytes(memory.peakResidentBytes().getAsLong())
              : Cell.of("not measurable here"),
          Units.mebibytes(memory.deviceTotalBytes()),
          Units.othersCores(measurement.surroundings()),
          Units.readBandwidth(measurement.surroundings()));
    }
    return table;
  }

  private static Cell rate(double... rates) {
    return Units.interval(Statistics.range(rates));
  }
}
