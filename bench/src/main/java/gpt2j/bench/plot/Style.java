package gpt2j.bench.plot;

import gpt2j.bench.result.ProfiledStep;
import gpt2j.bench.result.ProgramSummary;
import gpt2j.bench.result.setup.Program;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Paint;
import java.awt.Shape;
import java.awt.Stroke;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.Axis;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.block.BlockBorder;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.title.LegendTitle;
import org.jfree.chart.title.TextTitle;
import org.jfree.chart.ui.HorizontalAlignment;
import org.jfree.chart.ui.RectangleEdge;
import org.jfree.chart.ui.RectangleInsets;

/** How all plots look. Series differ in colour and in shape, so that either is enough. */
final class Style {
  static final Color TEXT = new Color(0x1a1a1a);
  static final Color FAINT = new Color(0x5c5c5c);
  static final Color WARNING = new Color(0xa33c00);
  static final Color GRID = new Color(0xdedede);
  static final Color REFERENCE = new Color(0x767676);

  static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 15);
  static final Font LABEL = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
  static final Font SMALL = new Font(Font.SANS_SERIF, Font.PLAIN, 11);

  /** Okabe and Ito's colours for all kinds of colour vision (2008), without the pale yellow. */
  private static final List<Color> SERIES =
      List.of(
          new Color(0x0072b2),
          new Color(0xd55e00),
          new Color(0x009e73),
          new Color(0xcc79a7),
          new Color(0xe69f00),
          new Color(0x56b4e9),
          new Color(0x000000));

  /** Programs in all pictures, in this order. */
  private static final List<String> PROGRAMS =
      Stream.concat(
              Stream.of(ProgramSummary.GPT2J), Arrays.stream(Program.values()).map(Program::label))
          .toList();

  /**
   * Components of a step: what belongs together in shades of one colour, chosen so that no two look
   * alike to whoever doesn't see red or green.
   */
  private static final Map<String, Color> COMPONENTS =
      Map.ofEntries(
          Map.entry("embedding", new Color(0x72b4ff)),
          Map.entry("ln_1", new Color(0x7a5c00)),
          Map.entry("ln_2", new Color(0xfeaa00)),
          Map.entry("ln_f", new Color(0xfff168)),
          Map.entry("qkv", new Color(0x2b1d80)),
          Map.entry("kv_append", new Color(0x00bed3)),
          Map.entry("attention", new Color(0x98424b)),
          Map.entry("attention/scores", new Color(0x35081b)),
          Map.entry("attention/softmax", new Color(0xd34896)),
          Map.entry("attention/mix", new Color(0xe19c98)),
          Map.entry("attn_proj", new Color(0x7238e8)),
          Map.entry("mlp_fc", new Color(0x054116)),
          Map.entry("mlp_fc/gelu", new Color(0x5eac51)),
          Map.entry("mlp_proj", new Color(0xc4f5b1)),
          Map.entry("head", new Color(0x2f4056)),
          Map.entry("sample", new Color(0x185fae)),
          Map.entry(ProfiledStep.REST, new Color(0xdddddd)));

  private static final Color OTHERS = new Color(0x6e6e6e);

  private static final List<Shape> SHAPES =
      List.of(
          new Ellipse2D.Double(-4, -4, 8, 8),
          new Rectangle2D.Double(-3.5, -3.5, 7, 7),
          polygon(0, -5, 5, 4, -5, 4),
          polygon(0, -5, 5, 0, 0, 5, -5, 0),
          polygon(0, 5, 5, -4, -5, -4));

  private Style() {}

  static Color series(int index) {
    return SERIES.get(index % SERIES.size());
  }

  /** The colour of a program, whichever others are in the picture. */
  static Color program(String name) {
    int index = PROGRAMS.indexOf(name);
    return series(index < 0 ? PROGRAMS.size() : index);
  }

  /** The colour of a component of a step. */
  static Color component(String name) {
    return COMPONENTS.getOrDefault(name, OTHERS);
  }

  /** The components that have a colour of their own. */
  static Set<String> components() {
    return COMPONENTS.keySet();
  }

  /** Black or white, whichever is easier to read on a colour. */
  static Color textOn(Color color) {
    double brightness = 0.299 * color.getRed() + 0.587 * color.getGreen() + 0.114 * color.getBlue();
    return brightness > 140 ? TEXT : Color.WHITE;
  }

  static Shape shape(int index) {
    return SHAPES.get(index % SHAPES.size());
  }

  static Stroke line() {
    return new BasicStroke(2, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
  }

  static Stroke dashed() {
    return new BasicStroke(
        1.4f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, new float[] {6, 4}, 0);
  }

  static Paint translucent(Color color) {
    return new Color(color.getRed(), color.getGreen(), color.getBlue(), 60);
  }

  private static Shape polygon(double... points) {
    Path2D path = new Path2D.Double();
    path.moveTo(points[0], points[1]);
    for (int i = 2; i < points.length; i += 2) {
      path.lineTo(points[i], points[i + 1]);
    }
    path.closePath();
    return path;
  }

  /**
   * A chart.
   *
   * @param subtitle what the numbers are, and under which conditions; lines as they are
   */
  static JFreeChart chart(
      String title, String subtitle, org.jfree.chart.plot.Plot plot, boolean legend) {
    JFreeChart chart = new JFreeChart(null, TITLE, plot, false);
    chart.setBackgroundPaint(Color.WHITE);
    chart.setPadding(new RectangleInsets(10, 12, 10, 18));
    chart.addSubtitle(heading(title, TITLE, TEXT));
    chart.addSubtitle(heading(subtitle, LABEL, FAINT));
    if (legend) {
      LegendTitle below = new LegendTitle(plot);
      below.setItemFont(LABEL);
      below.setItemPaint(TEXT);
      below.setFrame(BlockBorder.NONE);
      below.setPosition(RectangleEdge.BOTTOM);
      below.setItemLabelPadding(new RectangleInsets(2, 4, 2, 14));
      chart.addSubtitle(below);
    }
    plot.setBackgroundPaint(Color.WHITE);
    plot.setOutlineVisible(false);
    return chart;
  }

  static TextTitle heading(String text, Font font, Color color) {
    TextTitle title = new TextTitle(text, font);
    title.setPaint(color);
    title.setHorizontalAlignment(HorizontalAlignment.LEFT);
    title.setTextAlignment(HorizontalAlignment.LEFT);
    title.setPadding(new RectangleInsets(1, 2, 3, 2));
    title.setExpandToFitSpace(true);
    return title;
  }

  static XYPlot xy(ValueAxis domain, ValueAxis range) {
    XYPlot plot = new XYPlot(null, domain, range, null);
    plot.setDomainGridlinePaint(GRID);
    plot.setRangeGridlinePaint(GRID);
    plot.setDomainGridlineStroke(new BasicStroke(1));
    plot.setRangeGridlineStroke(new BasicStroke(1));
    plot.setAxisOffset(RectangleInsets.ZERO_INSETS);
    return plot;
  }

  static void grid(CategoryPlot plot) {
    plot.setDomainGridlinesVisible(false);
    plot.setRangeGridlinePaint(GRID);
    plot.setRangeGridlineStroke(new BasicStroke(1));
    plot.setAxisOffset(RectangleInsets.ZERO_INSETS);
  }

  /** An axis from zero. */
  static NumberAxis fromZero(String label) {
    NumberAxis axis = numbers(label);
    axis.setAutoRangeIncludesZero(true);
    axis.setRangeType(org.jfree.data.RangeType.POSITIVE);
    axis.setUpperMargin(0.08);
    return look(axis);
  }

  static NumberAxis linear(String label) {
    NumberAxis axis = numbers(label);
    axis.setAutoRangeIncludesZero(false);
    return look(axis);
  }

  private static NumberAxis numbers(String label) {
    NumberAxis axis = new NumberAxis(label);
    axis.setNumberFormatOverride(Captions.plainFormat());
    return axis;
  }

  static <A extends Axis> A look(A axis) {
    axis.setLabelFont(LABEL);
    axis.setLabelPaint(TEXT);
    axis.setTickLabelFont(SMALL);
    axis.setTickLabelPaint(FAINT);
    axis.setAxisLinePaint(REFERENCE);
    axis.setTickMarkPaint(REFERENCE);
    return axis;
  }
}
