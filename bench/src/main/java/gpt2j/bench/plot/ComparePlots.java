package gpt2j.bench.plot;

import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.CompareResult;
import gpt2j.bench.result.Comparison;
import gpt2j.bench.result.Comparison.Ratio;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jfree.chart.axis.SymbolAxis;
import org.jfree.chart.plot.ValueMarker;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYErrorRenderer;
import org.jfree.data.xy.XYIntervalSeries;
import org.jfree.data.xy.XYIntervalSeriesCollection;

/** Ratios with their confidence intervals, one below the other. */
final class ComparePlots {
  private static final Set<CasePart> PARTS = EnumSet.allOf(CasePart.class);

  private ComparePlots() {}

  static List<Plot> of(CompareResult result) {
    List<BenchmarkCase> cases = result.comparisons().stream().map(Comparison::a).toList();
    if (result.comparisons().stream().allMatch(c -> c.ratios().isEmpty())) {
      return List.of();
    }
    Function<BenchmarkCase, String> names =
        cases.size() == 1 ? _ -> "" : CasePart.distinction(cases, PARTS);
    List<String> labels = new ArrayList<>();
    List<Ratio> ratios = new ArrayList<>();
    for (Comparison comparison : result.comparisons()) {
      for (Ratio ratio : comparison.ratios()) {
        String name = names.apply(comparison.a());
        if (Double.isFinite(ratio.ratio()) && ratio.ratio() > 0) {
          labels.addFirst(name.isEmpty() ? ratio.metric() : name + ": " + ratio.metric());
          ratios.addFirst(ratio);
        }
      }
    }
    return ratios.isEmpty() ? List.of() : List.of(plot(result, labels, ratios));
  }

  private static List<BenchmarkCase> bothSides(CompareResult result) {
    return result.comparisons().stream()
        .flatMap(comparison -> Stream.of(comparison.a(), comparison.b()))
        .toList();
  }

  private static Plot plot(CompareResult result, List<String> labels, List<Ratio> ratios) {
    XYIntervalSeries series = new XYIntervalSeries("ratio");
    double most = 1.1;
    StringBuilder description = new StringBuilder("How many times as fast: ");
    for (int i = 0; i < ratios.size(); i++) {
      Ratio ratio = ratios.get(i);
      boolean known = !Double.isNaN(ratio.low());
      double low = known ? ratio.low() : ratio.ratio();
      double high = known ? ratio.high() : ratio.ratio();
      series.add(ratio.ratio(), low, high, i, i, i);
      most = Math.max(most, Math.max(high, 1 / Math.max(1e-6, low)));
      description.append(
          "%s %s (%s to %s); "
              .formatted(
                  labels.get(i),
                  Captions.number(ratio.ratio()),
                  Captions.number(low),
                  Captions.number(high)));
    }
    XYIntervalSeriesCollection data = new XYIntervalSeriesCollection();
    data.addSeries(series);
    XYErrorRenderer renderer = new XYErrorRenderer();
    renderer.setDrawYError(false);
    renderer.setErrorStroke(new java.awt.BasicStroke(1.6f));
    renderer.setCapLength(7);
    renderer.setSeriesPaint(0, Style.series(0));
    renderer.setSeriesShape(0, Style.shape(0));
    String sideA = result.settings().labelA();
    String sideB = result.settings().labelB();
    RatioAxis domain =
        RatioAxis.ofRoundNumbers(
            "← %s is faster     ratio of speeds, ×     %s is faster →".formatted(sideA, sideB));
    domain.setRange(1 / (most * 1.15), most * 1.15);
    SymbolAxis range = Style.look(new SymbolAxis(null, labels.toArray(String[]::new)));
    range.setGridBandsVisible(false);
    range.setTickLabelFont(Style.LABEL);
    range.setTickLabelPaint(Style.TEXT);
    XYPlot plot = Style.xy(domain, range);
    plot.setDataset(data);
    plot.setRenderer(renderer);
    plot.addDomainMarker(new ValueMarker(1, Style.REFERENCE, Style.dashed()));
    String how =
        result.settings().interleaved()
            ? "measured in turn"
            : "measured at different times: the machine may have changed";
    return new Plot(
        "compare",
        description.toString(),
        Style.chart(
            "%s against %s".formatted(sideB, sideA),
            "%s\nmedian; whiskers: 95 %% confidence interval; %s"
                .formatted(Captions.conditions(result.header(), bothSides(result), PARTS), how),
            plot,
            false),
        900,
        170 + 30 * ratios.size());
  }
}
