package gpt2j.bench.plot;

import gpt2j.api.Words;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.RooflineMeasurement;
import gpt2j.bench.result.RooflinePoint;
import gpt2j.bench.statistics.Statistics;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.data.category.DefaultCategoryDataset;
import org.jfree.data.xy.XYSeries;
import org.jfree.data.xy.XYSeriesCollection;

/**
 * Operations under the roof that bandwidth and arithmetic set (Williams, Waterman, Patterson 2009),
 * and their shares of it.
 */
final class RooflinePlots {
  private static final Set<CasePart> PARTS =
      EnumSet.complementOf(EnumSet.of(CasePart.CACHE, CasePart.NEW_TOKENS));

  private RooflinePlots() {}

  static List<Plot> of(GridResult result) {
    List<RooflineMeasurement> measured =
        result.measurements(RooflineMeasurement.class).stream()
            .filter(m -> m.points().stream().anyMatch(RooflinePlots::drawable))
            .filter(m -> m.peakBytesPerSecond() > 0 && m.peakOperationsPerSecond() > 0)
            .toList();
    List<BenchmarkCase> cases = measured.stream().map(RooflineMeasurement::benchmarkCase).toList();
    List<Plot> plots = new ArrayList<>();
    for (RooflineMeasurement m : measured) {
      String name =
          cases.size() == 1 ? "" : CasePart.distinction(cases, PARTS).apply(m.benchmarkCase());
      String suffix = name.isEmpty() ? "" : "-" + Captions.fileName(name);
      String conditions = Captions.conditions(result.header(), List.of(m.benchmarkCase()), PARTS);
      plots.add(roof(m, suffix, conditions));
      plots.add(shares(m, suffix, conditions));
    }
    return plots;
  }

  private static boolean drawable(RooflinePoint point) {
    return !point.nanos().isEmpty() && point.bytes() > 0 && seconds(point) > 0;
  }

  private static double seconds(RooflinePoint point) {
    return Statistics.median(Statistics.values(point.nanos())) / 1e9;
  }

  /** What the roof would allow, by the time that bytes and operations need at least. */
  private static double share(RooflineMeasurement m, RooflinePoint point) {
    double least =
        Math.max(
            point.bytes() / m.peakBytesPerSecond(),
            point.operations() / m.peakOperationsPerSecond());
    return 100 * least / seconds(point);
  }

  private static Plot roof(RooflineMeasurement m, String suffix, String conditions) {
    List<RooflinePoint> points =
        m.points().stream().filter(p -> drawable(p) && p.operations() > 0).toList();
    double ridge = m.peakOperationsPerSecond() / m.peakBytesPerSecond();
    double left = ridge / 4;
    double right = ridge * 4;
    double bottom = m.peakOperationsPerSecond() / 1e9;
    for (RooflinePoint point : points) {
      left = Math.min(left, point.intensity() / 2);
      right = Math.max(right, point.intensity() * 2);
      bottom = Math.min(bottom, point.operations() / seconds(point) / 1e9);
    }
    XYSeries roof = new XYSeries("roof", false);
    roof.add(left, left * m.peakBytesPerSecond() / 1e9);
    roof.add(ridge, m.peakOperationsPerSecond() / 1e9);
    roof.add(right, m.peakOperationsPerSecond() / 1e9);
    RatioAxis domain =
        RatioAxis.ofRoundNumbers("arithmetic intensity: operations per byte that must move");
    domain.setRange(left, right);
    RatioAxis range = RatioAxis.ofRoundNumbers("10⁹ floating-point operations per second");
    range.setRange(bottom / 3, m.peakOperationsPerSecond() / 1e9 * 2.2);
    XYPlot plot = Style.xy(domain, range);
    XYLineAndShapeRenderer line = new XYLineAndShapeRenderer(true, false);
    line.setSeriesPaint(0, Style.TEXT);
    line.setSeriesStroke(0, Style.line());
    line.setSeriesVisibleInLegend(0, false);
    plot.setDataset(0, new XYSeriesCollection(roof));
    plot.setRenderer(0, line);
    XYSeriesCollection data = new XYSeriesCollection();
    XYLineAndShapeRenderer renderer = new XYLineAndShapeRenderer(false, true);
    renderer.setUseFillPaint(true); // so that points on top of each other can be told apart
    renderer.setDrawOutlines(true);
    PointLabels labels = new PointLabels();
    for (int i = 0; i < roof.getItemCount(); i++) {
      labels.addToLine(roof.getX(i).doubleValue(), roof.getY(i).doubleValue());
    }
    for (Phase phase : Phase.values()) {
      if (points.stream().noneMatch(point -> point.phase() == phase)) {
        continue;
      }
      XYSeries series = new XYSeries(series(m, phase), false);
      for (RooflinePoint point : points) {
        if (point.phase() == phase) {
          double rate = point.operations() / seconds(point) / 1e9;
          series.add(point.intensity(), rate);
          labels.add(point.name(), point.intensity(), rate, Style.series(phase.ordinal()));
        }
      }
      renderer.setSeriesPaint(data.getSeriesCount(), Style.series(phase.ordinal()));
      renderer.setSeriesShape(data.getSeriesCount(), Style.shape(phase.ordinal()));
      renderer.setSeriesFillPaint(
          data.getSeriesCount(), Style.translucent(Style.series(phase.ordinal())));
      data.addSeries(series);
    }
    plot.setDataset(1, data);
    plot.setRenderer(1, renderer);
    plot.addAnnotation(labels);
    List<String> without =
        m.points().stream()
            .filter(point -> point.operations() == 0)
            .map(RooflinePoint::name)
            .distinct()
            .toList();
    String absent =
        without.isEmpty() ? "" : "\nwithout arithmetic, so not here: " + String.join(", ", without);
    String peaks =
        "roof: %s GB/s read (%s), %s·10⁹ operations/s (%s)"
            .formatted(
                Captions.number(m.peakBytesPerSecond() / 1e9),
                m.bandwidthMethod(),
                Captions.number(m.peakOperationsPerSecond() / 1e9),
                m.arithmeticMethod());
    return new Plot(
        "roofline" + suffix,
        "Roofline: "
            + peaks
            + absent.replace('\n', ' ')
            + ". The table has each operation's share.",
        Style.chart("Operations under the roof", conditions + "\n" + peaks + absent, plot, true),
        900,
        560);
  }

  private static Plot shares(RooflineMeasurement m, String suffix, String conditions) {
    DefaultCategoryDataset data = new DefaultCategoryDataset();
    StringBuilder description = new StringBuilder("Share of the roof: ");
    for (Phase phase : Phase.values()) {
      for (RooflinePoint point : m.points()) {
        if (drawable(point) && point.phase() == phase) {
          double share = share(m, point);
          data.addValue(share, series(m, phase), point.name());
          description.append(
              "%s in %s %s %%; "
                  .formatted(point.name(), Captions.lowerCase(phase), Captions.number(share)));
        }
      }
    }
    return new Plot(
        "roofline-shares" + suffix,
        description.toString(),
        Style.chart(
            "How near to the roof each operation comes",
            conditions
                + "\n"
                + "least time that bytes and arithmetic need, over the median time; above 100 %:"
                + " data came from caches",
            Bars.horizontal(data, "share of the roof, %"),
            true),
        900,
        180 + 20 * data.getRowCount() * data.getColumnCount());
  }

  /** What a phase's steps are, as the whole step's point tells. */
  private static String series(RooflineMeasurement m, Phase phase) {
    RooflinePoint step =
        m.points().stream()
            .filter(point -> point.phase() == phase)
            .max(Comparator.comparingInt(RooflinePoint::rows))
            .orElseThrow();
    String rows = Words.count(step.rows(), "row");
    return phase == Phase.PREFILL
        ? "prefill: %s".formatted(rows)
        : "decode: %s, %s attended to".formatted(rows, Words.count(step.length(), "token"));
  }
}
