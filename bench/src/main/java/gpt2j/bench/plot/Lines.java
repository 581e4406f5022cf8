package gpt2j.bench.plot;

import gpt2j.bench.statistics.Interval;
import java.awt.BasicStroke;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYErrorRenderer;
import org.jfree.data.xy.YIntervalSeries;
import org.jfree.data.xy.YIntervalSeriesCollection;

/** Series of points with whiskers, joined by lines. */
final class Lines {
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

  /** Puts the series into a plot. */
  void draw(XYPlot plot, int dataset) {
    draw(plot, dataset, 1);
  }

  /** The same, with one colour for two series each, the second of them dashed. */
  void drawInPairs(XYPlot plot, int dataset) {
    draw(plot, dataset, 2);
  }

  private void draw(XYPlot plot, int dataset, int perColor) {
    YIntervalSeriesCollection data = new YIntervalSeriesCollection();
    XYErrorRenderer renderer = new XYErrorRenderer();
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
      renderer.setSeriesShape(index, Style.shape(index / perColor));
      renderer.setSeriesStroke(index, index % perColor == 0 ? Style.line() : Style.dashed());
      index++;
    }
    plot.setDataset(dataset, data);
    plot.setRenderer(dataset, renderer);
  }
}
