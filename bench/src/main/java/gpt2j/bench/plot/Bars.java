package gpt2j.bench.plot;

import java.awt.Color;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.text.FieldPosition;
import java.util.Locale;
import org.jfree.chart.axis.CategoryAxis;
import org.jfree.chart.axis.CategoryLabelPositions;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.labels.ItemLabelAnchor;
import org.jfree.chart.labels.ItemLabelPosition;
import org.jfree.chart.labels.StandardCategoryItemLabelGenerator;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.renderer.category.BarRenderer;
import org.jfree.chart.renderer.category.StackedBarRenderer;
import org.jfree.chart.renderer.category.StandardBarPainter;
import org.jfree.chart.ui.TextAnchor;
import org.jfree.data.category.CategoryDataset;

/** Bars with their numbers. */
final class Bars {
  private Bars() {}

  /** Bars from left to right, those of a category together, with their numbers at their ends. */
  static CategoryPlot horizontal(CategoryDataset data, String label) {
    BarRenderer renderer = new BarRenderer();
    renderer.setItemMargin(0);
    for (int i = 0; i < data.getRowCount(); i++) {
      renderer.setSeriesPaint(i, Style.series(i));
    }
    numbers(renderer, ItemLabelAnchor.OUTSIDE3, TextAnchor.CENTER_LEFT);
    CategoryPlot plot = plot(data, label, renderer);
    plot.setOrientation(PlotOrientation.HORIZONTAL);
    plot.getRangeAxis().setUpperMargin(0.1);
    plot.getDomainAxis().setMaximumCategoryLabelWidthRatio(0.6f);
    return plot;
  }

  /** Upright bars side by side, each program's in its colour, with whiskers. */
  static CategoryPlot ofPrograms(WhiskerBars renderer, String label) {
    CategoryDataset data = renderer.data();
    renderer.setItemMargin(0.06);
    renderer.setMaximumBarWidth(0.14);
    for (int i = 0; i < data.getRowCount(); i++) {
      renderer.setSeriesPaint(i, Style.program(data.getRowKey(i).toString()));
    }
    numbers(renderer, ItemLabelAnchor.OUTSIDE12, TextAnchor.BOTTOM_CENTER);
    CategoryPlot plot = plot(data, label, renderer);
    plot.getDomainAxis().setCategoryLabelPositions(CategoryLabelPositions.STANDARD);
    plot.getDomainAxis().setMaximumCategoryLabelWidthRatio(1);
    plot.getRangeAxis().setUpperMargin(0.12);
    return plot;
  }

  /** Bars from left to right that are made of parts, with the larger parts' numbers in them. */
  static CategoryPlot stacked(CategoryDataset percent, String label) {
    StackedBarRenderer renderer = new StackedBarRenderer();
    renderer.setMaximumBarWidth(0.4);
    renderer.setDefaultItemLabelGenerator(
        new StandardCategoryItemLabelGenerator("{2}", new LargePercents()));
    renderer.setDefaultItemLabelsVisible(true);
    renderer.setDefaultItemLabelFont(Style.SMALL);
    for (int i = 0; i < percent.getRowCount(); i++) {
      Color color = Style.component(percent.getRowKey(i).toString());
      renderer.setSeriesPaint(i, color);
      renderer.setSeriesOutlinePaint(i, Color.WHITE);
      renderer.setSeriesItemLabelPaint(i, Style.textOn(color));
    }
    CategoryPlot plot = plot(percent, label, renderer);
    renderer.setDrawBarOutline(true);
    plot.setOrientation(PlotOrientation.HORIZONTAL);
    plot.getRangeAxis().setRange(0, 100);
    plot.getDomainAxis().setMaximumCategoryLabelWidthRatio(0.4f);
    plot.getDomainAxis().setCategoryMargin(0.25);
    return plot;
  }

  private static void numbers(BarRenderer renderer, ItemLabelAnchor anchor, TextAnchor text) {
    renderer.setDefaultItemLabelGenerator(
        new StandardCategoryItemLabelGenerator("{2}", new ThreeDigits()));
    renderer.setDefaultItemLabelsVisible(true);
    renderer.setDefaultItemLabelFont(Style.SMALL);
    renderer.setDefaultItemLabelPaint(Style.TEXT);
    renderer.setDefaultPositiveItemLabelPosition(new ItemLabelPosition(anchor, text));
    renderer.setPositiveItemLabelPositionFallback(new ItemLabelPosition(anchor, text));
  }

  private static CategoryPlot plot(CategoryDataset data, String label, BarRenderer renderer) {
    renderer.setBarPainter(new StandardBarPainter());
    renderer.setShadowVisible(false);
    renderer.setDrawBarOutline(false);
    NumberAxis range = Style.fromZero(label);
    CategoryAxis domain = Style.look(new CategoryAxis());
    domain.setTickLabelFont(Style.LABEL);
    domain.setTickLabelPaint(Style.TEXT);
    domain.setMaximumCategoryLabelLines(2);
    CategoryPlot plot = new CategoryPlot(data, domain, range, renderer);
    Style.grid(plot);
    return plot;
  }

  /** As many decimals as make three digits that count. */
  private static final class ThreeDigits extends DecimalFormat {
    private static final long serialVersionUID = 1L;

    @Override
    public StringBuffer format(double number, StringBuffer result, FieldPosition position) {
      return result.append(Captions.number(number));
    }
  }

  /** Whole percents, and nothing for parts that have no room for a number. */
  private static final class LargePercents extends DecimalFormat {
    private static final long serialVersionUID = 1L;
    private static final double LEAST = 4;

    LargePercents() {
      super("0", DecimalFormatSymbols.getInstance(Locale.ROOT));
    }

    @Override
    public StringBuffer format(double number, StringBuffer result, FieldPosition position) {
      return number < LEAST ? result : super.format(number, result, position);
    }
  }
}
