package gpt2j.bench.plot;

import gpt2j.bench.statistics.Interval;
import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jfree.chart.axis.CategoryAxis;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.labels.CategoryItemLabelGenerator;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.renderer.category.BarRenderer;
import org.jfree.chart.renderer.category.CategoryItemRendererState;
import org.jfree.chart.ui.RectangleEdge;
import org.jfree.data.Range;
import org.jfree.data.category.CategoryDataset;
import org.jfree.data.category.DefaultCategoryDataset;

/** Upright bars with whiskers, and each bar's number above its whisker. */
final class WhiskerBars extends BarRenderer {
  private static final long serialVersionUID = 1L;
  private static final double CAP = 7;

  private final transient DefaultCategoryDataset data = new DefaultCategoryDataset();
  private final transient Map<List<String>, Interval> intervals = new HashMap<>();
  private transient Rectangle2D area = new Rectangle2D.Double();
  private transient ValueAxis range = new org.jfree.chart.axis.NumberAxis();

  /** Adds a bar. */
  void add(Interval interval, String series, String category) {
    data.addValue(interval.estimate(), series, category);
    intervals.put(List.of(series, category), interval);
  }

  CategoryDataset data() {
    return data;
  }

  /** What a bar shows. */
  Interval interval(Comparable<?> series, Comparable<?> category) {
    return intervals.getOrDefault(
        List.of(series.toString(), category.toString()),
        new Interval(Double.NaN, Double.NaN, Double.NaN));
  }

  private static double top(Interval interval) {
    return interval.isKnown() ? interval.high() : interval.estimate();
  }

  @Override
  public Range findRangeBounds(CategoryDataset dataset) {
    return new Range(0, intervals.values().stream().mapToDouble(WhiskerBars::top).max().orElse(1));
  }

  @Override
  public void drawItem(
      Graphics2D graphics,
      CategoryItemRendererState state,
      Rectangle2D dataArea,
      CategoryPlot plot,
      CategoryAxis domainAxis,
      ValueAxis rangeAxis,
      CategoryDataset dataset,
      int row,
      int column,
      int pass) {
    area = dataArea;
    range = rangeAxis;
    super.drawItem(
        graphics, state, dataArea, plot, domainAxis, rangeAxis, dataset, row, column, pass);
  }

  /** Draws the whisker too: here the bar's place is known, and its number comes above. */
  @Override
  protected void drawItemLabel(
      Graphics2D graphics,
      CategoryDataset dataset,
      int row,
      int column,
      CategoryPlot plot,
      CategoryItemLabelGenerator generator,
      Rectangle2D bar,
      boolean negative) {
    Interval interval = interval(dataset.getRowKey(row), dataset.getColumnKey(column));
    double high = y(top(interval));
    if (interval.isKnown()) {
      double low = y(interval.low());
      double middle = bar.getCenterX();
      graphics.setPaint(Style.TEXT);
      graphics.setStroke(new BasicStroke(1.2f));
      graphics.draw(new Line2D.Double(middle, low, middle, high));
      for (double end : new double[] {low, high}) {
        graphics.draw(new Line2D.Double(middle - CAP, end, middle + CAP, end));
      }
    }
    Rectangle2D withWhisker =
        new Rectangle2D.Double(bar.getX(), high, bar.getWidth(), bar.getMaxY() - high);
    super.drawItemLabel(graphics, dataset, row, column, plot, generator, withWhisker, negative);
  }

  private double y(double value) {
    return range.valueToJava2D(value, area, RectangleEdge.LEFT);
  }
}
