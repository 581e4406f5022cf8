package gpt2j.bench.plot;

import java.awt.Color;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.text.NumberFormat;
import java.util.Locale;
import org.jfree.chart.axis.CategoryAxis;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.labels.StandardCategoryItemLabelGenerator;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.renderer.category.StackedBarRenderer;
import org.jfree.chart.renderer.category.StandardBarPainter;
import org.jfree.data.category.CategoryDataset;

/** Bars from left to right that are made of parts, with the larger parts' numbers in them. */
final class StackedBars {
  private static final double LEAST_LABELLED = 4;

  private StackedBars() {}

  static CategoryPlot plot(CategoryDataset percent, String label) {
    NumberAxis range = Style.fromZero(label);
    range.setRange(0, 100);
    CategoryAxis domain = Style.look(new CategoryAxis());
    domain.setTickLabelFont(Style.LABEL);
    domain.setTickLabelPaint(Style.TEXT);
    domain.setMaximumCategoryLabelLines(2);
    domain.setMaximumCategoryLabelWidthRatio(0.4f);
    domain.setCategoryMargin(0.25);
    StackedBarRenderer renderer = new StackedBarRenderer();
    renderer.setBarPainter(new StandardBarPainter());
    renderer.setShadowVisible(false);
    renderer.setDrawBarOutline(true);
    renderer.setMaximumBarWidth(0.4);
    renderer.setDefaultItemLabelGenerator(
        new StandardCategoryItemLabelGenerator("{2}", largeOnly()));
    renderer.setDefaultItemLabelsVisible(true);
    renderer.setDefaultItemLabelFont(Style.SMALL);
    for (int i = 0; i < percent.getRowCount(); i++) {
      Color color = Style.component(percent.getRowKey(i).toString());
      renderer.setSeriesPaint(i, color);
      renderer.setSeriesOutlinePaint(i, Color.WHITE);
      renderer.setSeriesItemLabelPaint(i, Style.textOn(color));
    }
    CategoryPlot plot = new CategoryPlot(percent, domain, range, renderer);
    plot.setOrientation(PlotOrientation.HORIZONTAL);
    Style.grid(plot);
    return plot;
  }

  /** Whole percents, and nothing for parts that have no room for a number. */
  private static NumberFormat largeOnly() {
    return new DecimalFormat("0", DecimalFormatSymbols.getInstance(Locale.ROOT)) {
      private static final long serialVersionUID = 1L;

      @Override
      public StringBuffer format(
          double number, StringBuffer result, java.text.FieldPosition position) {
        return number < LEAST_LABELLED ? result : super.format(number, result, position);
      }
    };
  }
}
