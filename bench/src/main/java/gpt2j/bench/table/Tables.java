package gpt2j.bench.table;

import gpt2j.bench.result.BaselinesResult;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.CompareResult;
import gpt2j.bench.result.GridResult;
import java.util.List;

/** The table of each kind of result. */
public final class Tables {
  private Tables() {}

  /** All rows of a result. */
  public static Table of(BenchmarkResult result) {
    return of(result, Integer.MAX_VALUE);
  }

  private static Table of(BenchmarkResult result, int rowsOfATrace) {
    Table table =
        switch (result) {
          case GridResult r ->
              switch (r.command()) {
                case TRACE -> GridTables.trace(r, rowsOfATrace);
                case EXPERIMENT -> GridTables.experiment(r);
                case PROFILE -> ProfileTable.of(r);
                case ROOFLINE -> RooflineTable.of(r);
                default -> GridTables.throughput(r);
              };
          case CompareResult r -> CompareTable.of(r);
          case BaselinesResult r -> BaselinesTable.of(r);
        };
    new SurroundingsNotes(result).lines().forEach(table::note);
    return table;
  }

  /** A result as it is shown; in Markdown long tables are shortened to a page. */
  public static String format(BenchmarkResult result, Table.Format format) {
    return of(result, format == Table.Format.MD ? GridTables.PAGE : Integer.MAX_VALUE)
        .format(format);
  }

  /** What of a result shouldn't be believed, in one line each. */
  public static List<String> warnings(BenchmarkResult result) {
    return new SurroundingsNotes(result).warnings();
  }
}
