package gpt2j.bench.plot;

import java.awt.geom.Line2D;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds places for the names of points, where they cover neither points nor each other. */
final class LabelPlaces {
  private static final double POINT = 6; // half of what a point covers
  private static final double BESIDE = 8;
  private static final double APART =
      12; // from points of other names, where no line leads to its own
  private static final double RING = 7; // from one distance that is tried to the next
  private static final int CARES = 3;
  private static final int RINGS = 90;

  /** Of a full turn in 32 parts: right, left, above, below, and what lies between. */
  private static final int[] DIRECTIONS = {
    0, 16, 8, 24, 2, 30, 14, 18, 4, 28, 12, 20, 6, 26, 10, 22, 1, 31, 15, 17, 3, 29, 13, 19, 5, 27,
    11, 21, 7, 25, 9, 23
  };

  /**
   * Where a name stands.
   *
   * @param leader from its point to it
   */
  record Place(Rectangle2D box, Line2D leader) {
    /** Whether it stands so far away that the leader must be seen. */
    boolean needsLeader() {
      return leader.getP1().distance(leader.getP2()) > BESIDE + 2;
    }
  }

  private final Rectangle2D area;
  private final List<Point2D> points;
  private final List<Rectangle2D> covered = new ArrayList<>();
  private final List<Rectangle2D> boxes = new ArrayList<>();
  private final List<Line2D> lines = new ArrayList<>(); // those to keep off first, then leaders
  private int avoided;

  /** In an area with points that stay visible. */
  LabelPlaces(Rectangle2D area, List<Point2D> points) {
    this.area = area;
    this.points = points;
    for (Point2D point : points) {
      covered.add(
          new Rectangle2D.Double(point.getX() - POINT, point.getY() - POINT, 2 * POINT, 2 * POINT));
    }
  }

  /** No name is to stand on this line. */
  void keepOff(Line2D line) {
    lines.add(avoided++, line);
  }

  /**
   * A place for the next name: beside its point, else further and further away. Where there is no
   * room at all, beside its point all the same.
   */
  Place find(Point2D point, Rectangle2D size) {
    Place place = null;
    for (int care = CARES - 1; care >= 0 && place == null; care--) {
      place = find(point, size, care);
    }
    Place found = place == null ? at(point, size, BESIDE, 0) : place;
    boxes.add(found.box());
    if (found.needsLeader()) {
      lines.add(found.leader());
    }
    return found;
  }

  /** Tries places: with care those only whose leader crosses no name, with all care no point. */
  private @Nullable Place find(Point2D point, Rectangle2D size, int care) {
    Place place = null;
    for (int ring = 0; ring < RINGS && place == null; ring++) {
      for (int i = 0; i < DIRECTIONS.length && place == null; i++) {
        Place at = at(point, size, BESIDE + ring * RING, DIRECTIONS[i]);
        place = isFree(at, care) ? at : null;
      }
    }
    return place;
  }

  private static Place at(Point2D point, Rectangle2D size, double distance, int direction) {
    double angle = 2 * Math.PI * direction / DIRECTIONS.length;
    double nearX = point.getX() + distance * Math.cos(angle);
    double nearY = point.getY() - distance * Math.sin(angle);
    double x = nearX + (Math.cos(angle) - 1) / 2 * size.getWidth();
    double y = nearY - (Math.sin(angle) + 1) / 2 * size.getHeight();
    return new Place(
        new Rectangle2D.Double(x, y, size.getWidth(), size.getHeight()),
        new Line2D.Double(point.getX(), point.getY(), nearX, nearY));
  }

  private boolean crossesNoPoint(Line2D leader) {
    return covered.stream()
        .filter(mark -> !mark.contains(leader.getP1()))
        .noneMatch(leader::intersects);
  }

  /** Else it might be taken for the name of another. */
  private boolean isBesideItsPointOnly(Place place) {
    Rectangle2D near = place.box().getBounds2D();
    near.setRect(
        near.getX() - APART,
        near.getY() - APART / 2,
        near.getWidth() + 2 * APART,
        near.getHeight() + APART);
    return points.stream()
        .noneMatch(point -> near.contains(point) && !point.equals(place.leader().getP1()));
  }

  private boolean isFree(Place place, int care) {
    Rectangle2D box = place.box();
    return area.contains(box)
        && (place.needsLeader() || isBesideItsPointOnly(place))
        && covered.stream().noneMatch(box::intersects)
        && boxes.stream().noneMatch(box::intersects)
        && (care > 0 ? lines : lines.subList(0, avoided)).stream().noneMatch(box::intersectsLine)
        && (care == 0
            || !place.needsLeader()
            || boxes.stream().noneMatch(place.leader()::intersects))
        && (care < CARES - 1 || !place.needsLeader() || crossesNoPoint(place.leader()));
  }
}
