package gpt2j.bench.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.geom.Line2D;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jfree.chart.annotations.AbstractXYAnnotation;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.plot.PlotRenderingInfo;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.ui.RectangleEdge;

/**
 * A name for each point, where it covers neither points nor other names; a line leads to it from
 * the point where it couldn't stand beside it.
 */
final class PointLabels extends AbstractXYAnnotation {
  private static final long serialVersionUID = 1L;
  private static final double NEAR = 40;

  private record Label(String text, double x, double y, Color color) {}

  private final transient List<Label> labels = new ArrayList<>();
  private final transient List<Point2D> line = new ArrayList<>();

  /** Adds a name in the colour of its point. */
  void add(String text, double x, double y, Color color) {
    labels.add(new Label(text, x, y, color));
  }

  /** Adds a point of a line that names are to keep off. */
  void addToLine(double x, double y) {
    line.add(new Point2D.Double(x, y));
  }

  @Override
  public void draw(
      Graphics2D graphics,
      XYPlot plot,
      Rectangle2D area,
      ValueAxis domain,
      ValueAxis range,
      int index,
      PlotRenderingInfo info) {
    graphics.setFont(Style.SMALL);
    FontMetrics metrics = graphics.getFontMetrics();
    UnaryOperator<Point2D> onScreen =
        point ->
            new Point2D.Double(
                domain.valueToJava2D(point.getX(), area, RectangleEdge.BOTTOM),
                range.valueToJava2D(point.getY(), area, RectangleEdge.LEFT));
    List<Point2D> points =
        labels.stream()
            .map(label -> onScreen.apply(new Point2D.Double(label.x(), label.y())))
            .toList();
    LabelPlaces places = new LabelPlaces(area, points);
    for (int i = 1; i < line.size(); i++) {
      places.keepOff(
          new Line2D.Double(onScreen.apply(line.get(i - 1)), onScreen.apply(line.get(i))));
    }
    for (int i : fewestNeighboursFirst(points)) {
      Label label = labels.get(i);
      double width = metrics.stringWidth(label.text());
      LabelPlaces.Place place =
          places.find(points.get(i), new Rectangle2D.Double(0, 0, width, metrics.getHeight()));
      if (place.needsLeader()) {
        graphics.setPaint(Style.REFERENCE);
        graphics.setStroke(new BasicStroke(0.8f));
        graphics.draw(place.leader());
      }
      graphics.setPaint(label.color().darker());
      float baseline = (float) place.box().getY() + metrics.getAscent();
      graphics.drawString(label.text(), (float) place.box().getX(), baseline);
    }
  }

  /** Points that stand alone have their names beside them; those of a crowd go further away. */
  private static List<Integer> fewestNeighboursFirst(List<Point2D> points) {
    ToLongFunction<Integer> neighbours =
        i -> points.stream().filter(other -> other.distance(points.get(i)) < NEAR).count();
    return IntStream.range(0, points.size())
        .boxed()
        .sorted(Comparator.comparingLong(neighbours).thenComparingDouble(i -> points.get(i).getY()))
        .toList();
  }
}
