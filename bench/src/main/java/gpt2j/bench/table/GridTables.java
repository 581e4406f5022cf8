package gpt2j.bench.table;

import gpt2j.api.tensor.Usage;
import gpt2j.bench.result.GenerationSample;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.result.setup.Model;
import gpt2j.bench.result.setup.Surroundings;
import gpt2j.bench.statistics.CachePair;
import gpt2j.bench.statistics.Figures;
import gpt2j.bench.statistics.Interval;
import gpt2j.bench.statistics.Statistics;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Tables of whole generations. */
final class GridTables {
  /** Rows of each case in a trace that are read at a glance. */
  static final int PAGE = 12;

  private static final double MILLION = 1e6;

  private GridTables() {}

  /** One row per case: medians, rates with the smallest and the largest repetition. */
  static Table throughput(GridResult result) {
    Function<Figures, Double> parameters =
        f ->
            Units.model(result.header(), f.of().model())
                .map(Model::parameters)
                .map(count -> count / MILLION)
                .orElse(Double.NaN);
    return new Columns<Figures>()
        .word("model", f -> f.of().model())
        .add(
            "weights MiB",
            f -> Units.mebibytes(f.memory().deviceBytes().getOrDefault(Usage.WEIGHTS, 0L)))
        .number("parameters M", parameters)
        .device(Figures::of)
        .number("threads", f -> f.of().threads())
        .word("test", f -> f.of().test())
        .add("prefill tokens/s", f -> rate(f.prefillRates()))
        .add("decode tokens/s", f -> rate(f.decodeRates()))
        .add("end to end tokens/s", f -> rate(f.endToEndRates()))
        .add("TTFT ms", f -> Units.millis(Statistics.median(f.firstTokenNanos())))
        .add("TPOT ms", f -> Units.millis(f.stepNanos(50)))
        .add("TPOT p95 ms", f -> Units.millis(f.stepNanos(95)))
        .add("TPOT p99 ms", f -> Units.millis(f.stepNanos(99)))
        .add("KV MiB", f -> Units.mebibytes(f.memory().cacheAllocatedBytes()))
        .add("KV used MiB", f -> Units.mebibytes(f.memory().cacheUsedBytes()))
        .add(
            "peak RSS MiB",
            f ->
                f.memory().peakResidentBytes().isPresent()
                    ? Units.mebibytes(f.memory().peakResidentBytes().getAsLong())
                    : Cell.of("not measurable here"))
        .add("device MiB", f -> Units.mebibytes(f.memory().deviceTotalBytes()))
        .add("others' cores", f -> Units.cores(f.surroundings().mostOthersCores()))
        .add("memory GB/s", f -> Units.readBandwidth(f.surroundings()))
        .table(result.measurements(Measurement.class).stream().map(Figures::new).toList());
  }

  private static Cell rate(double... rates) {
    return Units.interval(Statistics.range(rates));
  }

  /** One token of a trace, counted from 1. */
  private record Token(Measurement measurement, int number) {
    /** Its times; that of the first is TTFT. */
    Interval nanos() {
      return Statistics.range(measurement.samples().stream().mapToDouble(this::nanos).toArray());
    }

    private double nanos(GenerationSample sample) {
      return number == 1 ? sample.firstTokenNanos() : sample.stepNanos().get(number - 2);
    }
  }

  /**
   * One row per token: the median of its latency over repetitions, and the extremes.
   *
   * @param rows of each case at most, evenly spread, the first and the last token among them
   */
  static Table trace(GridResult result, int rows) {
    return new Columns<Token>()
        .word("model", token -> token.measurement().benchmarkCase().model())
        .device(token -> token.measurement().benchmarkCase())
        .word("test", token -> token.measurement().benchmarkCase().test())
        .number("token", Token::number)
        .add("median ms", token -> Units.millis(token.nanos().estimate()))
        .add("smallest ms", token -> end(token.nanos().low()))
        .add("largest ms", token -> end(token.nanos().high()))
        .table(
            result.measurements(Measurement.class).stream().flatMap(m -> tokens(m, rows)).toList());
  }

  private static Cell end(double nanos) {
    return Double.isNaN(nanos) ? new Cell.Unknown() : Units.millis(nanos);
  }

  private static Stream<Token> tokens(Measurement m, int rows) {
    int count = m.benchmarkCase().newTokens();
    int shown = Math.min(count, rows);
    return IntStream.range(0, shown)
        .map(i -> shown == 1 ? 1 : 1 + (int) Math.round((double) i * (count - 1) / (shown - 1)))
        .distinct()
        .mapToObj(token -> new Token(m, token));
  }

  /** One row per pair of cached and uncached, with the speedup. */
  static Table experiment(GridResult result) {
    return new Columns<CachePair>()
        .word("model", pair -> pair.of().model())
        .device(CachePair::of)
        .number("threads", pair -> pair.of().threads())
        .number("batch", pair -> pair.of().batch())
        .number("prompt tokens", pair -> pair.of().promptTokens())
        .number("new tokens", pair -> pair.of().newTokens())
        .add(
            "cached TTFT ms",
            pair -> Units.millis(Statistics.median(cached(pair).firstTokenNanos())))
        .add("cached TPOT ms", pair -> Units.millis(cached(pair).stepNanos(50)))
        .add("uncached TPOT ms", pair -> uncached(pair, f -> Units.millis(f.stepNanos(50))))
        .number("cached tokens/s", pair -> Statistics.median(cached(pair).endToEndRates()))
        .add(
            "uncached tokens/s",
            pair -> uncached(pair, f -> Cell.of(Statistics.median(f.endToEndRates()))))
        .add("speedup ×", pair -> uncached(pair, f -> Units.interval(f.speedup(cached(pair)))))
        .add("others' cores", pair -> Units.cores(around(pair).mostOthersCores()))
        .add("memory GB/s", pair -> Units.readBandwidth(around(pair)))
        .table(CachePair.of(result.measurements(Measurement.class)));
  }

  private static Figures cached(CachePair pair) {
    return new Figures(pair.cached());
  }

  private static Cell uncached(CachePair pair, Function<Figures, Cell> cell) {
    return pair.uncached().map(Figures::new).map(cell).orElse(new Cell.Empty());
  }

  private static Surroundings around(CachePair pair) {
    return pair.cached()
        .surroundings()
        .and(pair.uncached().map(Measurement::surroundings).orElse(Surroundings.UNKNOWN));
  }
}
