package gpt2j.bench.plot;

import gpt2j.bench.statistics.Interval;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.plot.CrosshairState;
import org.jfree.chart.plot.PlotRenderingInfo;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYErrorRenderer;
import org.jfree.chart.renderer.xy.XYItemRendererState;
import org.jfree.data.xy.XYDataset;
import org.jfree.data.xy.YIntervalSeries;
import org.jfree.data.xy.YIntervalSeriesCollection;

/** Series of points with whiskers, joined by lines. */
final class Lines {
  private static final double BESIDE = 4; // pixels
  private static final Line2D LEGEND_LINE = new Line2D.Double(-20, 0, 20, 0); // shows its dashes

  private final Map<String, TreeMap<Double, Interval>> series = new LinkedHashMap<>();

  /** Adds a point; what is not a number is left out. */
  void add(String name, double x, Interval y) {
    if (Double.isFinite(y.estimate())) {
      series.computeIfAbsent(name, _ -> new TreeMap<>()).put(x, y);
    }
  }

  boolean isEmpty() {
    return series.isEmpty();
  }

  Set<String> names() {
    return series.keySet();
  }

  /** The points of a series by x. */
  Map<Double, Interval> points(String name) {
    return series.getOrDefault(name, new TreeMap<>());
  }

  /** In words what is drawn: every series with its first and last point. */
  String description(String label) {
    return names().stream()
        .map(
            name -> {
              var points = new ArrayList<>(points(name).entrySet());
              var first = points.getFirst();
              var last = points.getLast();
              String begin =
                  "%s: %s at %s"
                      .formatted(
                          name,
                          Captions.number(first.getValue().estimate()),
                          Captions.plainFormat().format(first.getKey()));
              return points.size() == 1
                  ? begin
                  : begin
                      + ", %s at %s"
                          .formatted(
                              Captions.number(last.getValue().estimate()),
                              Captions.plainFormat().format(last.getKey()));
            })
        .collect(Collectors.joining("; ", label + ": ", ". "));
  }

  /** Puts the series into a plot. */
  void draw(XYPlot plot, int dataset) {
    draw(plot, dataset, 1);
  }

  /**
   * The same, with one colour for two series each, the second of them dashed and with hollow marks.
   * Both stand a little beside their x, so that whiskers don't cover each other.
   */
  void drawInPairs(XYPlot plot, int dataset) {
    draw(plot, dataset, 2);
  }

  private void draw(XYPlot plot, int dataset, int perColor) {
    YIntervalSeriesCollection data = new YIntervalSeriesCollection();
    BesideEachOther renderer = new BesideEachOther(perColor == 1 ? 0 : BESIDE);
    renderer.setLegendLine(LEGEND_LINE);
    renderer.setUseFillPaint(true);
    renderer.setDrawOutlines(true);
    renderer.setDefaultOutlineStroke(new BasicStroke(1.6f));
    renderer.setDrawXError(false);
    renderer.setDefaultLinesVisible(true);
    renderer.setErrorStroke(new BasicStroke(1.2f));
    renderer.setCapLength(6);
    int index = 0;
    for (Map.Entry<String, TreeMap<Double, Interval>> entry : series.entrySet()) {
      YIntervalSeries points = new YIntervalSeries(entry.getKey());
      entry
          .getValue()
          .forEach(
              (x, y) ->
                  points.add(
                      x,
                      y.estimate(),
                      y.isKnown() ? y.low() : y.estimate(),
                      y.isKnown() ? y.high() : y.estimate()));
      data.addSeries(points);
      renderer.setSeriesPaint(index, Style.series(index / perColor));
      boolean first = index % perColor == 0;
      renderer.setSeriesFillPaint(index, first ? Style.series(index / perColor) : Color.WHITE);
      renderer.setSeriesShape(index, Style.shape(index / perColor));
      renderer.setSeriesStroke(index, first ? Style.line() : Style.dashed());
      index++;
    }
    plot.setDataset(dataset, data);
    plot.setRenderer(dataset, renderer);
  }

  /** Draws the first series of each pair to the left of its place, and the second to the right. */
  private static final class BesideEachOther extends XYErrorRenderer {
    private static final long serialVersionUID = 1L;

    private final double distance;

    BesideEachOther(double distance) {
      this.distance = distance;
    }

    @Override
    public void drawItem(
        Graphics2D graphics,
        XYItemRendererState state,
        Rectangle2D area,
        PlotRenderingInfo info,
        XYPlot plot,
        ValueAxis domain,
        ValueAxis range,
        XYDataset data,
        int row,
        int item,
        CrosshairState crosshair,
        int pass) {
      double aside = row % 2 == 0 ? -distance : distance;
      graphics.translate(aside, 0);
      super.drawItem(
          graphics, state, area, info, plot, domain, range, data, row, item, crosshair, pass);
      graphics.translate(-aside, 0);
    }
  }
}
