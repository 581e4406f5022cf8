package gpt2j.bench.plot;

import java.awt.Color;
import org.jfree.chart.axis.CategoryAxis;
import org.jfree.chart.axis.CategoryLabelPositions;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.labels.ItemLabelAnchor;
import org.jfree.chart.labels.ItemLabelPosition;
import org.jfree.chart.labels.StandardCategoryItemLabelGenerator;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.renderer.category.BarRenderer;
import org.jfree.chart.renderer.category.StandardBarPainter;
import org.jfree.chart.renderer.category.StatisticalBarRenderer;
import org.jfree.chart.ui.TextAnchor;
import org.jfree.data.category.CategoryDataset;
import org.jfree.data.statistics.StatisticalCategoryDataset;

/** Bars with their numbers. */
final class Bars {
  private Bars() {}

  /** One bar per category, from left to right, with its number at the end. */
  static CategoryPlot horizontal(CategoryDataset data, String label) {
    BarRenderer renderer = new org.jfree.chart.renderer.category.StackedBarRenderer();
    numbers(renderer, ItemLabelAnchor.OUTSIDE3, TextAnchor.CENTER_LEFT, "0");
    CategoryPlot plot = plot(data, label, renderer);
    plot.setOrientation(PlotOrientation.HORIZONTAL);
    plot.getRangeAxis().setUpperMargin(0.1);
    return plot;
  }

  /** Upright bars side by side, with whiskers of a standard deviation. */
  static CategoryPlot grouped(StatisticalCategoryDataset data, String label) {
    StatisticalBarRenderer renderer = new StatisticalBarRenderer();
    renderer.setErrorIndicatorPaint(Style.TEXT);
    renderer.setErrorIndicatorStroke(new java.awt.BasicStroke(1.2f));
    renderer.setItemMargin(0.06);
    numbers(renderer, ItemLabelAnchor.INSIDE6, TextAnchor.BOTTOM_CENTER, "#,##0.0");
    CategoryPlot plot = plot(data, label, renderer);
    plot.getDomainAxis().setCategoryLabelPositions(CategoryLabelPositions.STANDARD);
    return plot;
  }

  private static void numbers(
      BarRenderer renderer, ItemLabelAnchor anchor, TextAnchor text, String format) {
    renderer.setDefaultItemLabelGenerator(
        new StandardCategoryItemLabelGenerator(
            "{2}",
            new java.text.DecimalFormat(
                format, java.text.DecimalFormatSymbols.getInstance(java.util.Locale.ROOT))));
    renderer.setDefaultItemLabelsVisible(true);
    renderer.setDefaultItemLabelFont(Style.SMALL);
    renderer.setDefaultPositiveItemLabelPosition(new ItemLabelPosition(anchor, text));
  }

  private static CategoryPlot plot(CategoryDataset data, String label, BarRenderer renderer) {
    renderer.setBarPainter(new StandardBarPainter());
    renderer.setShadowVisible(false);
    renderer.setDrawBarOutline(false);
    renderer.setMaximumBarWidth(0.14);
    for (int i = 0; i < data.getRowCount(); i++) {
      Color color = Style.series(i);
      renderer.setSeriesPaint(i, color);
      if (renderer instanceof StatisticalBarRenderer) {
        renderer.setSeriesItemLabelPaint(i, Style.textOn(color));
      }
    }
    NumberAxis range = Style.fromZero(label);
    CategoryAxis domain = Style.look(new CategoryAxis());
    domain.setTickLabelFont(Style.LABEL);
    domain.setTickLabelPaint(Style.TEXT);
    domain.setMaximumCategoryLabelWidthRatio(
        renderer instanceof StatisticalBarRenderer ? 1f : 0.6f);
    domain.setMaximumCategoryLabelLines(2);
    CategoryPlot plot = new CategoryPlot(data, domain, range, renderer);
    Style.grid(plot);
    return plot;
  }
}
