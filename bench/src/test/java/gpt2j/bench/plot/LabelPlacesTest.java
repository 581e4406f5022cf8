package gpt2j.bench.plot;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.geom.Line2D;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Names cover neither points nor lines nor each other, however points lie together. */
class LabelPlacesTest {
  private static final Rectangle2D AREA = new Rectangle2D.Double(70, 80, 800, 420);

  @Test
  void namesDoNotCoverAnything() {
    Random random = new Random(1);
    for (int trial = 0; trial < 200; trial++) {
      List<Point2D> points = new ArrayList<>();
      for (int crowd = 0; crowd < 6; crowd++) {
        double x = 130 + 680 * random.nextDouble();
        double y = 120 + 340 * random.nextDouble();
        for (int i = 0; i < 4; i++) { // the last two at the same place
          points.add(new Point2D.Double(x + 12 * Math.min(i, 2), y + 3 * Math.min(i, 2)));
        }
      }
      Line2D roof = new Line2D.Double(70, 80 + 400 * random.nextDouble(), 870, 100);
      LabelPlaces places = new LabelPlaces(AREA, points);
      places.keepOff(roof);
      List<Rectangle2D> boxes = new ArrayList<>();
      for (Point2D point : points) {
        Rectangle2D size = new Rectangle2D.Double(0, 0, 20 + random.nextInt(40), 14);
        LabelPlaces.Place place = places.find(point, size);
        assertTrue(AREA.contains(place.box()), place::toString);
        assertFalse(roof.intersects(place.box()), place::toString);
        for (Point2D other : points) {
          assertFalse(place.box().contains(other), place::toString);
        }
        for (Rectangle2D box : boxes) {
          assertFalse(box.intersects(place.box()), place::toString);
        }
        boxes.add(place.box());
      }
    }
  }
}
