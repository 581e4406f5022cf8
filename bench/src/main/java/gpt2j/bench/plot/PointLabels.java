package gpt2j.bench.plot;

import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jfree.chart.annotations.AbstractXYAnnotation;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.plot.PlotRenderingInfo;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.ui.RectangleEdge;

/** Names beside points; points that lie together share a list of names, the topmost first. */
final class PointLabels extends AbstractXYAnnotation {
  private static final long serialVersionUID = 1L;
  private static final double TOGETHER = 15;
  private static final int DISTANCE = 8;
  private static final int NAMES_IN_LINE = 3;

  private record Label(String text, double x, double y) {}

  /** Points on the screen that lie together, and what they are called. */
  private record Group(List<Point2D> points, Set<String> names) {
    boolean isNear(Point2D point) {
      return points.stream().anyMatch(other -> other.distance(point) < TOGETHER);
    }

    double bottom() {
      return points.stream().mapToDouble(Point2D::getY).max().orElse(0);
    }

    double right() {
      return points.stream().mapToDouble(Point2D::getX).max().orElse(0);
    }

    double middle() {
      return points.stream().mapToDouble(Point2D::getY).average().orElse(0);
    }

    List<String> lines() {
      List<String> all = new ArrayList<>(names);
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < all.size(); i += NAMES_IN_LINE) {
        int to = Math.min(i + NAMES_IN_LINE, all.size());
        lines.add(String.join(", ", all.subList(i, to)) + (to < all.size() ? "," : ""));
      }
      return lines;
    }
  }

  private final transient List<Label> labels = new ArrayList<>();

  void add(String text, double x, double y) {
    labels.add(new Label(text, x, y));
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
    graphics.setPaint(Style.TEXT);
    FontMetrics metrics = graphics.getFontMetrics();
    List<Group> groups = groups(area, domain, range);
    List<Rectangle2D> used = new ArrayList<>();
    for (Group group : groups) {
      for (Point2D point : group.points()) {
        used.add(new Rectangle2D.Double(point.getX() - 5, point.getY() - 5, 10, 10));
      }
    }
    for (Group group : groups) {
      List<String> lines = group.lines();
      double width = lines.stream().mapToInt(metrics::stringWidth).max().orElse(0);
      double height = (double) lines.size() * metrics.getHeight();
      double right = group.right() + DISTANCE;
      boolean fits = right + width <= area.getMaxX();
      double left = fits ? right : Math.max(area.getMinX(), area.getMaxX() - width);
      double top = fits ? group.middle() - height / 2 : group.bottom() + DISTANCE;
      Rectangle2D place = new Rectangle2D.Double(left, top, width, height);
      while (used.stream().anyMatch(place::intersects) && place.getMaxY() < area.getMaxY()) {
        place.setRect(left, place.getY() + 2, width, height);
      }
      used.add(place);
      float baseline = (float) place.getY() + metrics.getAscent();
      for (String line : lines) {
        graphics.drawString(line, (float) left, baseline);
        baseline += metrics.getHeight();
      }
    }
  }

  private List<Group> groups(Rectangle2D area, ValueAxis domain, ValueAxis range) {
    List<Group> groups = new ArrayList<>();
    List<Label> fromTop =
        labels.stream().sorted(Comparator.comparingDouble(Label::y).reversed()).toList();
    for (Label label : fromTop) {
      Point2D point =
          new Point2D.Double(
              domain.valueToJava2D(label.x(), area, RectangleEdge.BOTTOM),
              range.valueToJava2D(label.y(), area, RectangleEdge.LEFT));
      Group near = groups.stream().filter(group -> group.isNear(point)).findFirst().orElse(null);
      if (near == null) {
        near = new Group(new ArrayList<>(), new LinkedHashSet<>());
        groups.add(near);
      }
      near.points().add(point);
      near.names().add(label.text());
    }
    return groups;
  }
}
