package gpt2j.bench.plot;

import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.statistics.Figures;
import gpt2j.bench.statistics.Statistics;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.plot.CombinedDomainXYPlot;
import org.jfree.chart.plot.XYPlot;

/**
 * Rates of prefill, of decoding and from end to end, over whatever varies most: batch, prompt or
 * generated length. One picture for each combination of the others.
 */
final class ThroughputPlots {
  private static final int WIDTH = 820;
  private static final int PANEL = 210;
  private static final int REST = 160;

  /** What the abscissa may be. */
  private record Dimension(String label, ToIntFunction<BenchmarkCase> value, CasePart part) {}

  private static final List<Dimension> DIMENSIONS =
      List.of(
          new Dimension("batch: sequences side by side", BenchmarkCase::batch, CasePart.BATCH),
          new Dimension("tokens of the prompt", BenchmarkCase::promptTokens, CasePart.PROMPT),
          new Dimension("tokens generated", BenchmarkCase::newTokens, CasePart.NEW_TOKENS));

  private static final Set<CasePart> SERIES = EnumSet.range(CasePart.BACKEND, CasePart.CACHE);

  private record Panel(String label, Function<Figures, double[]> rates) {}

  private static final List<Panel> PANELS =
      List.of(
          new Panel("prefill, tokens/s", Figures::prefillRates),
          new Panel("decode, tokens/s", Figures::decodeRates),
          new Panel("end to end, tokens/s", Figures::endToEndRates));

  private ThroughputPlots() {}

  static List<Plot> of(GridResult result) {
    List<Measurement> measured =
        result.measurements(Measurement.class).stream()
            .filter(m -> !m.samples().isEmpty())
            .toList();
    if (measured.isEmpty()) {
      return List.of();
    }
    List<BenchmarkCase> cases = measured.stream().map(Measurement::benchmarkCase).toList();
    Dimension abscissa = widest(cases);
    Set<CasePart> facets = EnumSet.of(CasePart.MODEL);
    DIMENSIONS.stream().filter(d -> d != abscissa).forEach(d -> facets.add(d.part()));
    Function<BenchmarkCase, String> series = CasePart.distinction(cases, SERIES);
    Map<String, List<Measurement>> byFacet = new LinkedHashMap<>();
    for (Measurement m : measured) {
      String facet = CasePart.join(m.benchmarkCase(), facets);
      byFacet.computeIfAbsent(facet, _ -> new ArrayList<>()).add(m);
    }
    List<Plot> plots = new ArrayList<>();
    byFacet.forEach(
        (facet, of) ->
            plots.add(
                plot(
                    facet,
                    Captions.conditions(result.header(), cases, SERIES),
                    of,
                    abscissa,
                    series)));
    return plots;
  }

  private static Dimension widest(List<BenchmarkCase> cases) {
    Dimension widest = DIMENSIONS.getFirst();
    long most = 0;
    for (Dimension dimension : DIMENSIONS) {
      long values = cases.stream().mapToInt(dimension.value()).distinct().count();
      if (values > most) {
        most = values;
        widest = dimension;
      }
    }
    return widest;
  }

  private static Plot plot(
      String facet,
      String conditions,
      List<Measurement> measured,
      Dimension abscissa,
      Function<BenchmarkCase, String> series) {
    CombinedDomainXYPlot combined = new CombinedDomainXYPlot(axis(abscissa, measured));
    combined.setGap(14);
    StringBuilder description = new StringBuilder("Throughput of " + facet + ". ");
    for (Panel panel : PANELS) {
      Lines lines = new Lines();
      for (Measurement m : measured) {
        double[] rates = panel.rates().apply(new Figures(m));
        lines.add(
            series.apply(m.benchmarkCase()),
            abscissa.value().applyAsInt(m.benchmarkCase()),
            Statistics.range(rates));
      }
      if (!lines.isEmpty()) {
        NumberAxis range = Style.fromZero(panel.label());
        XYPlot plot = Style.xy(axis(abscissa, measured), range);
        lines.draw(plot, 0);
        combined.add(plot);
        description.append(lines.description(panel.label()));
      }
    }
    if (combined.getSubplots().size() > 1) {
      onlyOneLegend(combined);
    }
    String subtitle = conditions + "\nmedian of the repetitions; whiskers: smallest and largest";
    return new Plot(
        "throughput-" + Captions.fileName(facet),
        description.toString(),
        Style.chart("Throughput: " + facet, subtitle, combined, true),
        WIDTH,
        REST + PANEL * combined.getSubplots().size());
  }

  /** All panels have the same series. */
  private static void onlyOneLegend(CombinedDomainXYPlot combined) {
    for (int i = 1; i < combined.getSubplots().size(); i++) {
      XYPlot plot = combined.getSubplots().get(i);
      plot.setFixedLegendItems(new org.jfree.chart.LegendItemCollection());
    }
  }

  private static RatioAxis axis(Dimension abscissa, List<Measurement> measured) {
    return RatioAxis.ofMeasured(
        abscissa.label(),
        measured.stream()
            .map(Measurement::benchmarkCase)
            .mapToDouble(abscissa.value()::applyAsInt)
            .toArray());
  }
}
