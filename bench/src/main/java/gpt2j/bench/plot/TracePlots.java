package gpt2j.bench.plot;

import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.GenerationSample;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.statistics.Figures;
import gpt2j.bench.statistics.Statistics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.DeviationRenderer;
import org.jfree.data.xy.YIntervalSeries;
import org.jfree.data.xy.YIntervalSeriesCollection;

/** The latency of every token, cached and uncached, with the spread over repetitions. */
final class TracePlots {
  private static final Set<CasePart> FACETS = EnumSet.complementOf(EnumSet.of(CasePart.CACHE));

  private TracePlots() {}

  static List<Plot> of(GridResult result) {
    Map<BenchmarkCase, List<Measurement>> byCase = new LinkedHashMap<>();
    for (Measurement m : result.measurements(Measurement.class)) {
      if (m.samples().stream().anyMatch(sample -> !sample.stepNanos().isEmpty())) {
        byCase.computeIfAbsent(m.benchmarkCase().withUseCache(true), _ -> new ArrayList<>()).add(m);
      }
    }
    Function<BenchmarkCase, String> names = CasePart.distinction(byCase.keySet(), FACETS);
    List<Plot> plots = new ArrayList<>();
    byCase.forEach(
        (of, measured) ->
            plots.add(
                plot(
                    byCase.size() == 1 ? "" : "-" + Captions.fileName(names.apply(of)),
                    Captions.conditions(result.header(), List.of(of), FACETS),
                    measured)));
    return plots;
  }

  private static Plot plot(String suffix, String conditions, List<Measurement> measured) {
    YIntervalSeriesCollection data = new YIntervalSeriesCollection();
    DeviationRenderer renderer = new DeviationRenderer(true, false);
    renderer.setAlpha(0.22f);
    List<String> firsts = new ArrayList<>();
    StringBuilder description = new StringBuilder("Latency of each token after the first. ");
    double top = 0;
    for (Measurement m : measured) {
      String name = CasePart.CACHE.of(m.benchmarkCase());
      int index = m.benchmarkCase().useCache() ? 0 : 1;
      YIntervalSeries series = series(name, m);
      renderer.setSeriesPaint(data.getSeriesCount(), Style.series(index));
      renderer.setSeriesFillPaint(data.getSeriesCount(), Style.series(index));
      renderer.setSeriesStroke(data.getSeriesCount(), index == 0 ? Style.line() : Style.dashed());
      data.addSeries(series);
      double[] steps = new Figures(m).stepNanos();
      top = Math.max(top, Statistics.percentile(steps, 99.5) / 1e6);
      double first = Statistics.median(new Figures(m).firstTokenNanos()) / 1e6;
      firsts.add("%s %s ms".formatted(name, Captions.number(first)));
      description.append(
          "%s: median %s ms, from %s ms for the second token to %s ms for the last. "
              .formatted(
                  name,
                  Captions.number(Statistics.median(steps) / 1e6),
                  Captions.number(series.getYValue(0)),
                  Captions.number(series.getYValue(series.getItemCount() - 1))));
    }
    NumberAxis range = Style.fromZero("time since the token before, ms");
    range.setRange(0, top * 1.12);
    NumberAxis domain = Style.linear("generated token");
    domain.setStandardTickUnits(NumberAxis.createIntegerTickUnits());
    domain.setLowerMargin(0.01);
    domain.setUpperMargin(0.01);
    XYPlot plot = Style.xy(domain, range);
    plot.setDataset(data);
    plot.setRenderer(renderer);
    String subtitle =
        "%s\nlines: median of the repetitions, bands: smallest to largest; time to first token, prompt included: %s"
            .formatted(conditions, String.join(", ", firsts));
    return new Plot(
        "trace" + suffix,
        description.toString(),
        Style.chart("Latency of every token", subtitle, plot, true),
        900,
        440);
  }

  /** By the number of the token, counted from 1, in milliseconds. */
  private static YIntervalSeries series(String name, Measurement m) {
    YIntervalSeries series = new YIntervalSeries(name);
    int steps = m.samples().stream().mapToInt(s -> s.stepNanos().size()).max().orElse(0);
    for (int i = 0; i < steps; i++) {
      int step = i;
      double[] millis =
          m.samples().stream()
              .map(GenerationSample::stepNanos)
              .filter(nanos -> nanos.size() > step)
              .mapToDouble(nanos -> nanos.get(step) / 1e6)
              .toArray();
      series.add(
          i + 2,
          Statistics.median(millis),
          Arrays.stream(millis).min().orElseThrow(),
          Arrays.stream(millis).max().orElseThrow());
    }
    return series;
  }
}
