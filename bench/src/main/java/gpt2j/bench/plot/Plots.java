package gpt2j.bench.plot;

import gpt2j.bench.result.BaselinesResult;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.CompareResult;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.table.Tables;
import java.util.List;

/** The plots of each kind of result. */
public final class Plots {
  private Plots() {}

  /**
   * All plots of a result; none of what it has no samples for. Whoever sees a picture alone learns
   * from it too why its figures shouldn't be believed.
   */
  public static List<Plot> of(BenchmarkResult result) {
    List<String> warnings = Tables.warnings(result);
    List<Plot> plots = plots(result);
    return warnings.isEmpty()
        ? plots
        : plots.stream().map(plot -> plot.with(String.join("\n", warnings))).toList();
  }

  private static List<Plot> plots(BenchmarkResult result) {
    return switch (result) {
      case GridResult r ->
          switch (r.command()) {
            case TRACE -> TracePlots.of(r);
            case EXPERIMENT -> ExperimentPlots.of(r);
            case PROFILE -> ProfilePlots.of(r);
            case ROOFLINE -> RooflinePlots.of(r);
            default -> ThroughputPlots.of(r);
          };
      case CompareResult r -> ComparePlots.of(r);
      case BaselinesResult r -> BaselinesPlots.of(r);
    };
  }
}
