package gpt2j.bench.plot;

import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.statistics.CachePair;
import gpt2j.bench.statistics.Figures;
import gpt2j.bench.statistics.Interval;
import gpt2j.bench.statistics.Statistics;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jfree.chart.plot.ValueMarker;
import org.jfree.chart.plot.XYPlot;

/** What the cache buys, over lengths, for each model. */
final class ExperimentPlots {
  private static final Set<CasePart> SERIES =
      EnumSet.complementOf(EnumSet.of(CasePart.CACHE, CasePart.PROMPT, CasePart.NEW_TOKENS));

  private ExperimentPlots() {}

  private static int length(CachePair pair) {
    return pair.of().promptTokens() + pair.of().newTokens();
  }

  static List<Plot> of(GridResult result) {
    List<CachePair> pairs =
        CachePair.of(result.measurements(Measurement.class)).stream()
            .filter(pair -> !pair.cached().samples().isEmpty() && pair.uncached().isPresent())
            .toList();
    if (pairs.isEmpty()) {
      return List.of();
    }
    List<BenchmarkCase> cases = pairs.stream().map(CachePair::of).toList();
    Set<CasePart> parts = EnumSet.copyOf(SERIES);
    if (severalPairsOfOneLength(pairs)) {
      parts.add(CasePart.PROMPT);
    }
    Function<BenchmarkCase, String> name = CasePart.distinction(cases, parts);
    String conditions = Captions.conditions(result.header(), cases, parts);
    Lines speedups = new Lines();
    Lines steps = new Lines();
    for (CachePair pair : pairs) {
      Figures cached = new Figures(pair.cached());
      Figures uncached = new Figures(pair.uncached().orElseThrow());
      String of = name.apply(pair.of());
      speedups.add(of, length(pair), uncached.speedup(cached));
      steps.add(of + ", cached", length(pair), millis(cached));
      steps.add(of + ", uncached", length(pair), millis(uncached));
    }
    List<Plot> plots = new ArrayList<>();
    plots.add(speedup(speedups, pairs, conditions));
    if (!steps.isEmpty()) {
      plots.add(steps(steps, pairs, conditions));
    }
    return plots;
  }

  private static Plot speedup(Lines lines, List<CachePair> pairs, String conditions) {
    XYPlot plot = Style.xy(lengths(pairs), Style.fromZero("speedup by the cache, ×"));
    lines.draw(plot, 0);
    ValueMarker one = new ValueMarker(1, Style.REFERENCE, Style.dashed());
    one.setLabel("as fast as without");
    one.setLabelBackgroundColor(java.awt.Color.WHITE);
    one.setLabelFont(Style.SMALL);
    one.setLabelPaint(Style.FAINT);
    one.setLabelAnchor(org.jfree.chart.ui.RectangleAnchor.TOP_RIGHT);
    one.setLabelTextAnchor(org.jfree.chart.ui.TextAnchor.BOTTOM_RIGHT);
    plot.addRangeMarker(one);
    return new Plot(
        "speedup",
        lines.description("Speedup by the cache over the length of the text"),
        Style.chart(
            "What the KV cache buys: uncached time / cached time, from the request to the last"
                + " token",
            conditions + "\nratio of medians; whiskers: its 95 % confidence interval",
            plot,
            true),
        820,
        460);
  }

  private static Plot steps(Lines lines, List<CachePair> pairs, String conditions) {
    RatioAxis range = RatioAxis.ofRoundNumbers("time per token (TPOT), ms");
    XYPlot plot = Style.xy(lengths(pairs), range);
    lines.drawInPairs(plot, 0);
    return new Plot(
        "time-per-token",
        lines.description("Time per token in milliseconds over the length of the text"),
        Style.chart(
            "Time per token with and without the KV cache",
            conditions
                + "\n"
                + "median of the intervals between tokens; whiskers: 5th to 95th percentile;"
                + " dashed, hollow: uncached",
            plot,
            true),
        820,
        500);
  }

  private static RatioAxis lengths(List<CachePair> pairs) {
    return RatioAxis.ofMeasured(
        "length at the end: prompt and generated tokens",
        pairs.stream().mapToDouble(ExperimentPlots::length).toArray());
  }

  private static Interval millis(Figures figures) {
    double[] nanos = figures.stepNanos();
    return new Interval(
        Statistics.percentile(nanos, 5) / 1e6,
        Statistics.median(nanos) / 1e6,
        Statistics.percentile(nanos, 95) / 1e6);
  }

  /** Whether length alone doesn't tell the points of a model apart. */
  private static boolean severalPairsOfOneLength(List<CachePair> pairs) {
    return pairs.stream()
            .map(pair -> CasePart.join(pair.of(), SERIES) + length(pair))
            .distinct()
            .count()
        < pairs.size();
  }
}
