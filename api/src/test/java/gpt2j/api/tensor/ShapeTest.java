package gpt2j.api.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ShapeTest {
  @Test
  void describesItself() {
    Shape shape = Shape.of(12, 3, 5);
    assertEquals(3, shape.rank());
    assertEquals(12, shape.rows());
    assertEquals(5, shape.size(2));
    assertEquals(15, shape.rowElements());
    assertEquals(180, shape.elements());
    assertEquals("[12, 3, 5]", shape.toString());
    assertEquals(1, Shape.of(7).rowElements());
    assertEquals("[7]", Shape.of(7).toString());
  }

  @Test
  void refusesWhatIsNoSize() {
    for (int[] sizes : new int[][] {{}, {0}, {3, 0}, {-1, 2}, {Integer.MIN_VALUE}}) {
      assertThrows(IllegalArgumentException.class, () -> Shape.of(sizes));
    }
    assertThrows(IllegalArgumentException.class, () -> Shape.of(3, 4).withRows(0));
  }

  @Test
  void countsBeyondIntegers() {
    assertEquals(1L << 40, Shape.of(1 << 20, 1 << 20).elements());
    Shape huge = Shape.of(1 << 30, 1 << 30, 1 << 30);
    assertThrows(ArithmeticException.class, huge::elements);
  }

  @Test
  void isAValue() {
    int[] sizes = {2, 3};
    Shape shape = Shape.of(sizes);
    sizes[0] = 9;
    assertEquals(Shape.of(2, 3), shape);
    assertEquals(Shape.of(2, 3).hashCode(), shape.hashCode());
    assertNotEquals(Shape.of(3, 2), shape);
    assertNotEquals(Shape.of(2, 3, 1), shape);
    assertNotEquals("[2, 3]", shape);
    assertEquals(Shape.of(5, 3), shape.withRows(5));
    assertEquals(Shape.of(2, 3), shape);
  }
}
