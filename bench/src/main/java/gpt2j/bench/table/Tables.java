package gpt2j.bench.table;

import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.CompareResult;
import gpt2j.bench.result.ExperimentResult;
import gpt2j.bench.result.PeersResult;
import gpt2j.bench.result.ProfileResult;
import gpt2j.bench.result.RooflineResult;
import gpt2j.bench.result.ThroughputResult;
import gpt2j.bench.result.TraceResult;

/** The table of each kind of result. */
public final class Tables {
  private Tables() {}

  /** All rows of a result. */
  public static Table of(BenchmarkResult result) {
    return switch (result) {
      case ThroughputResult r -> ThroughputTable.of(r);
      case TraceResult r -> TraceTable.of(r, Integer.MAX_VALUE);
      case ExperimentResult r -> ExperimentTable.of(r);
      case ProfileResult r -> ProfileTable.of(r);
      case CompareResult r -> CompareTable.of(r);
      case RooflineResult r -> RooflineTable.of(r);
      case PeersResult r -> PeersTable.of(r);
    };
  }

  /** A result as it is shown; in Markdown long tables are shortened to a page. */
  public static String format(BenchmarkResult result, TableFormat format) {
    return result instanceof TraceResult trace && format == TableFormat.MD
        ? TraceTable.of(trace, TraceTable.PAGE).format(format)
        : of(result).format(format);
  }
}
