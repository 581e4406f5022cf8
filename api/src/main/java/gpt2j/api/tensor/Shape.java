package gpt2j.api.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The sizes of a tensor, outermost first; the last dimension is contiguous. Immutable. */
public final class Shape {
  private final int[] sizes;

  private Shape(int[] sizes) {
    this.sizes = sizes;
  }

  /**
   * A shape of the given sizes.
   *
   * @throws IllegalArgumentException when there is no size, or one is not positive
   */
  public static Shape of(int... sizes) {
    if (sizes.length == 0) {
      throw new IllegalArgumentException("a shape needs at least one dimension");
    }
    for (int size : sizes) {
      if (size <= 0) {
        throw new IllegalArgumentException("sizes are positive, not " + Arrays.toString(sizes));
      }
    }
    return new Shape(sizes.clone());
  }

  /** The number of dimensions. */
  public int rank() {
    return sizes.length;
  }

  /** The size of dimension {@code axis}, counted from 0, the outermost. */
  public int size(int axis) {
    return sizes[axis];
  }

  /** The size of the outermost dimension. */
  public int rows() {
    return sizes[0];
  }

  /** The number of elements in one row: the product of all sizes but the outermost. */
  public long rowElements() {
    long elements = 1;
    for (int axis = 1; axis < sizes.length; axis++) {
      elements = Math.multiplyExact(elements, sizes[axis]);
    }
    return elements;
  }

  /** The number of elements: the product of all sizes. */
  public long elements() {
    return Math.multiplyExact(rowElements(), sizes[0]);
  }

  /** The same shape with another outermost size. */
  public Shape withRows(int rows) {
    int[] changed = sizes.clone();
    changed[0] = rows;
    return of(changed);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Shape shape && Arrays.equals(sizes, shape.sizes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sizes);
  }

  /** For example {@code [12, 768]}. */
  @Override
  public String toString() {
    return Arrays.stream(sizes)
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
