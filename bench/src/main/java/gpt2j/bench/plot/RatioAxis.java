package gpt2j.bench.plot;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.text.DecimalFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jfree.chart.axis.AxisState;
import org.jfree.chart.axis.LogAxis;
import org.jfree.chart.axis.NumberTick;
import org.jfree.chart.ui.RectangleEdge;
import org.jfree.chart.ui.TextAnchor;

/**
 * An axis of equal ratios. Where few values were measured, these and no others have ticks; else
 * round numbers have them, as many as there is room for.
 */
final class RatioAxis extends LogAxis {
  private static final long serialVersionUID = 1L;

  /** Steps within a power of ten, from many to few. */
  private static final double[][] STEPS = {
    {1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 5, 6, 8}, {1, 2, 3, 5}, {1, 2, 5}, {1, 3}, {1}
  };

  private static final double MARGIN = 1.3;

  /** Room that a tick wants beside the width, or height, of its label. */
  private static final double GAP = 8;

  private static final double LEAST_UPRIGHT = 26; // between labels one above the other
  private static final DecimalFormat FORMAT = Captions.plainFormat();

  private final double[] measured;

  private RatioAxis(String label, double... measured) {
    super(label);
    this.measured = measured;
    setNumberFormatOverride(FORMAT);
  }

  /** An axis with round numbers. */
  static RatioAxis ofRoundNumbers(String label) {
    return Style.look(new RatioAxis(label));
  }

  /** An axis with the measured values, and a margin around them. */
  static RatioAxis ofMeasured(String label, double... values) {
    double[] sorted = Arrays.stream(values).distinct().sorted().toArray();
    RatioAxis axis = Style.look(new RatioAxis(label, sorted));
    axis.setRange(sorted[0] / MARGIN, sorted[sorted.length - 1] * MARGIN);
    return axis;
  }

  @Override
  public List<NumberTick> refreshTicks(
      Graphics2D graphics, AxisState state, Rectangle2D area, RectangleEdge edge) {
    boolean upright = RectangleEdge.isLeftOrRight(edge);
    TextAnchor anchor = upright ? TextAnchor.CENTER_RIGHT : TextAnchor.TOP_CENTER;
    double[] values = measured.length > 0 ? measured : round(graphics, area, edge);
    List<NumberTick> ticks = new ArrayList<>();
    double end = Double.NEGATIVE_INFINITY; // of the last label, in the direction of the axis
    for (double value : values) {
      double at = valueToJava2D(value, area, edge) * (upright ? -1 : 1);
      double half = room(graphics, value, upright) / 2;
      boolean fits = at - half >= end;
      end = fits ? at + half : end;
      String label = fits ? FORMAT.format(value) : "";
      ticks.add(new NumberTick(value, label, anchor, TextAnchor.CENTER, 0));
    }
    return ticks;
  }

  private double room(Graphics2D graphics, double value, boolean upright) {
    return upright
        ? LEAST_UPRIGHT
        : graphics.getFontMetrics(getTickLabelFont()).stringWidth(FORMAT.format(value)) + GAP;
  }

  /** The most round numbers whose labels all have room. */
  private double[] round(Graphics2D graphics, Rectangle2D area, RectangleEdge edge) {
    double[] fewest = {};
    for (double[] steps : STEPS) {
      fewest = within(steps);
      if (haveRoom(fewest, graphics, area, edge)) {
        return fewest;
      }
    }
    return fewest;
  }

  private double[] within(double... steps) {
    double least = getLowerBound();
    double most = getUpperBound();
    return Arrays.stream(powersOfTen(least, most))
        .flatMap(power -> Arrays.stream(steps).map(step -> step * power))
        .filter(value -> value >= least && value <= most)
        .toArray();
  }

  private static double[] powersOfTen(double least, double most) {
    int first = (int) Math.floor(Math.log10(least));
    int last = (int) Math.ceil(Math.log10(most));
    double[] powers = new double[last - first + 1];
    Arrays.setAll(powers, i -> Math.pow(10, (double) first + i));
    return powers;
  }

  private boolean haveRoom(
      double[] values, Graphics2D graphics, Rectangle2D area, RectangleEdge edge) {
    boolean upright = RectangleEdge.isLeftOrRight(edge);
    for (int i = 1; i < values.length; i++) {
      double distance =
          Math.abs(valueToJava2D(values[i], area, edge) - valueToJava2D(values[i - 1], area, edge));
      if (distance
          < (room(graphics, values[i], upright) + room(graphics, values[i - 1], upright)) / 2) {
        return false;
      }
    }
    return true;
  }
}
