package gpt2j.bench.table;

import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.CompareResult;
import gpt2j.bench.result.Comparison;
import gpt2j.bench.result.Comparison.Ratio;
import java.util.function.Function;

/** One row per figure of each pair. */
final class CompareTable {
  private CompareTable() {}

  private record Row(Comparison pair, Ratio ratio) {}

  static Table of(CompareResult result) {
    return new Columns<Row>()
        .word("model", row -> row.pair().a().model())
        .word("backend", row -> both(row.pair(), BenchmarkCase::backend))
        .word("precision", row -> both(row.pair(), of -> Units.lowerCase(of.precision())))
        .word("threads", row -> both(row.pair(), of -> "" + of.threads()))
        .word("test", row -> test(row.pair().a(), row.pair().b()))
        .word("figure", row -> row.ratio().metric())
        .number("A: " + result.settings().labelA(), row -> row.ratio().a())
        .number("B: " + result.settings().labelB(), row -> row.ratio().b())
        .word("unit", row -> row.ratio().unit())
        .number("B is faster ×", row -> row.ratio().ratio())
        .number("low ×", row -> row.ratio().low())
        .number("high ×", row -> row.ratio().high())
        .word("verdict", row -> verdict(row.ratio()))
        .table(
            result.comparisons().stream()
                .flatMap(pair -> pair.ratios().stream().map(ratio -> new Row(pair, ratio)))
                .toList());
  }

  /** What both sides have in common, or what each has. */
  private static String both(Comparison pair, Function<BenchmarkCase, String> words) {
    String a = words.apply(pair.a());
    String b = words.apply(pair.b());
    return a.equals(b) ? a : a + ", " + b;
  }

  private static String test(BenchmarkCase a, BenchmarkCase b) {
    return a.useCache() == b.useCache() ? a.test() : a.withUseCache(true).test();
  }

  private static String verdict(Ratio ratio) {
    if (Double.isNaN(ratio.low())) {
      return "too few samples";
    }
    return ratio.low() > 1
        ? "B is faster"
        : ratio.high() < 1 ? "A is faster" : "no difference seen";
  }
}
