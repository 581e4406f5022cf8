package gpt2j.bench.plot;

import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.ProfileMeasurement;
import gpt2j.bench.result.ProfiledStep;
import gpt2j.bench.statistics.MeanStep;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.StackedXYAreaRenderer2;
import org.jfree.data.category.DefaultCategoryDataset;
import org.jfree.data.xy.DefaultTableXYDataset;
import org.jfree.data.xy.XYSeries;

/** Where the time goes: shares of prefill and decoding, and of decoding at every length. */
final class ProfilePlots {
  private static final Set<CasePart> PARTS = EnumSet.complementOf(EnumSet.of(CasePart.NEW_TOKENS));

  private static final double NANOS_PER_MILLI = 1e6;

  private ProfilePlots() {}

  static List<Plot> of(GridResult result) {
    List<ProfileMeasurement> measured =
        result.measurements(ProfileMeasurement.class).stream()
            .filter(m -> !m.steps().isEmpty())
            .toList();
    if (measured.isEmpty()) {
      return List.of();
    }
    List<BenchmarkCase> cases = measured.stream().map(ProfileMeasurement::benchmarkCase).toList();
    Function<BenchmarkCase, String> names =
        cases.size() == 1 ? _ -> "" : CasePart.distinction(cases, PARTS);
    String conditions = Captions.conditions(result.header(), cases, PARTS);
    List<Plot> plots = new ArrayList<>();
    plots.add(shares(measured, names, conditions));
    for (ProfileMeasurement m : measured) {
      List<ProfiledStep> decode = steps(m, Phase.DECODE);
      if (decode.stream().map(ProfiledStep::length).distinct().count() > 1) {
        plots.add(positions(decode, names.apply(m.benchmarkCase()), conditions));
      }
    }
    return plots;
  }

  private static List<ProfiledStep> steps(ProfileMeasurement m, Phase phase) {
    return m.steps().stream().filter(step -> step.phase() == phase).toList();
  }

  private static Plot shares(
      List<ProfileMeasurement> measured, Function<BenchmarkCase, String> names, String conditions) {
    DefaultCategoryDataset percent = new DefaultCategoryDataset();
    Map<String, Map<String, Double>> bars = new LinkedHashMap<>();
    StringBuilder description = new StringBuilder("Shares of the components. ");
    for (ProfileMeasurement m : measured) {
      for (Phase phase : Phase.values()) {
        List<ProfiledStep> steps = steps(m, phase);
        if (!steps.isEmpty()) {
          Map<String, Double> means = MeanStep.of(steps);
          double total = MeanStep.total(means);
          String bar = bar(names.apply(m.benchmarkCase()), phase, steps, total);
          description.append(bar.replace('\n', ' ')).append(": ");
          Map<String, Double> shares = new LinkedHashMap<>();
          means.forEach(
              (component, nanos) -> {
                double share = 100 * nanos / total;
                shares.put(component, Math.max(0, share));
                description.append("%s %s %%, ".formatted(component, Captions.number(share)));
              });
          description.append("total %s ms. ".formatted(Captions.number(total / 1e6)));
          bars.put(bar, shares);
        }
      }
    }
    Thin thin = new Thin(bars.values());
    bars.forEach(
        (bar, shares) ->
            thin.merge(shares).forEach((name, share) -> percent.addValue(share, name, bar)));
    return new Plot(
        "components",
        description.toString(),
        Style.chart(
            "Where the time of a step goes",
            conditions
                + "\n"
                + "mean of all steps; rest: outside all sections; SECTION/PART: taken out of the"
                + " section"
                + thin.words(),
            Bars.stacked(percent, "share of the step's time, %"),
            true),
        900,
        210 + 52 * bars.size());
  }

  private static Map<String, Double> millis(Map<String, Double> nanos) {
    Map<String, Double> millis = new LinkedHashMap<>();
    nanos.forEach((component, of) -> millis.put(component, Math.max(0, of / NANOS_PER_MILLI)));
    return millis;
  }

  private static String bar(String name, Phase phase, List<ProfiledStep> steps, double nanos) {
    int first = steps.stream().mapToInt(ProfiledStep::length).min().orElse(0);
    int last = steps.stream().mapToInt(ProfiledStep::length).max().orElse(0);
    String what =
        phase == Phase.PREFILL
            ? "prefill of %d".formatted(last)
            : first == last
                ? "decode at %d".formatted(last)
                : "decode %d–%d".formatted(first, last);
    String text = "%s: %s ms".formatted(what, Captions.number(nanos / 1e6));
    return name.isEmpty() ? text : name + "\n" + text;
  }

  /** Milliseconds of each component, one on top of the other, over the text's length. */
  private static Plot positions(List<ProfiledStep> steps, String name, String conditions) {
    Map<Integer, List<ProfiledStep>> byLength = new TreeMap<>();
    steps.forEach(s -> byLength.computeIfAbsent(s.length(), _ -> new ArrayList<>()).add(s));
    DefaultTableXYDataset data = new DefaultTableXYDataset();
    StackedXYAreaRenderer2 renderer = new StackedXYAreaRenderer2();
    Map<Integer, Map<String, Double>> means = new TreeMap<>();
    byLength.forEach((length, of) -> means.put(length, millis(MeanStep.of(of))));
    Thin thin = new Thin(means.values());
    for (String component : thin.merge(MeanStep.of(steps)).keySet()) {
      XYSeries series = new XYSeries(component, true, false);
      means.forEach(
          (length, of) -> series.add((double) length, thin.merge(of).getOrDefault(component, 0.0)));
      renderer.setSeriesPaint(data.getSeriesCount(), Style.component(component));
      data.addSeries(series);
    }
    NumberAxis domain = Style.linear("tokens attended to");
    domain.setLowerMargin(0);
    domain.setUpperMargin(0);
    domain.setStandardTickUnits(NumberAxis.createIntegerTickUnits());
    NumberAxis range = Style.fromZero("time of a decode step, ms");
    XYPlot plot = Style.xy(domain, range);
    plot.setDataset(data);
    plot.setRenderer(renderer);
    plot.setOrientation(PlotOrientation.VERTICAL);
    String title = "Where the time of a decode step goes, by the text's length";
    return new Plot(
        "positions" + (name.isEmpty() ? "" : "-" + Captions.fileName(name)),
        title + ", as a stack of areas; the table has the numbers.",
        Style.chart(
            name.isEmpty() ? title : title + ": " + name,
            conditions + "\nmean of the repetitions" + thin.words(),
            plot,
            true),
        900,
        460);
  }
}
