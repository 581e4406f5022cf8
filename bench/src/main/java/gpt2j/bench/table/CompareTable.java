package gpt2j.bench.table;

import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.CompareResult;
import gpt2j.bench.result.Comparison;
import gpt2j.bench.result.Ratio;

/** One row per figure of each pair. */
final class CompareTable {
  private CompareTable() {}

  static Table of(CompareResult result) {
    Table table =
        new Table(
            "model",
            "test",
            "figure",
            "A: " + result.settings().labelA(),
            "B: " + result.settings().labelB(),
            "unit",
            "B is faster ×",
            "low ×",
            "high ×",
            "verdict");
    for (Comparison comparison : result.comparisons()) {
      BenchmarkCase a = comparison.a();
      for (Ratio ratio : comparison.ratios()) {
        table.add(
            Cell.of(a.model()),
            Cell.of(test(a, comparison.b())),
            Cell.of(ratio.metric()),
            Cell.of(ratio.a()),
            Cell.of(ratio.b()),
            Cell.of(ratio.unit()),
            Cell.of(ratio.ratio()),
            Cell.of(ratio.low()),
            Cell.of(ratio.high()),
            Cell.of(verdict(ratio)));
      }
    }
    return table;
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
