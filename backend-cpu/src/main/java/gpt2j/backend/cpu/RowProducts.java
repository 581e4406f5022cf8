package gpt2j.backend.cpu;

import jdk.incubator.vector.FloatVector;

/**
 * The kernel that multiplies one vector with rows of float32: a product of an {@link F32Table}.
 *
 * <p>Eight rows at a time: eight streams keep the memory busy. In two methods, because in one it
 * would be more than the compiler inlines, and a vector that is passed to a method that isn't
 * inlined becomes an object.
 */
final class RowProducts {
  /** Rows that are taken at a time. */
  static final int ROWS = 8;

  /** Bytes of the sums of {@link #eightRows}. */
  static final long SUMS = (long) ROWS * Memory.VECTOR;

  private RowProducts() {}

  /**
   * {@code sums[i] = x·row i·distance} for i from 0 to 7, without the columns behind the last whole
   * vector, and each a vector that is still to be added up: {@link #finish} does both.
   *
   * @param distance from each row that is taken to the next, in rows
   */
  static void eightRows(long sums, long x, long rows, int distance, int columns) {
    long next = (long) distance * columns * Float.BYTES;
    long row1 = rows + next;
    long row2 = row1 + next;
    long row3 = row2 + next;
    long row4 = row3 + next;
    long row5 = row4 + next;
    long row6 = row5 + next;
    long row7 = row6 + next;
    FloatVector sum0 = FloatVector.zero(Memory.FLOATS);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    FloatVector sum4 = sum0;
    FloatVector sum5 = sum0;
    FloatVector sum6 = sum0;
    FloatVector sum7 = sum0;
    int bytes = whole(columns) * Float.BYTES;
    for (int i = 0; i < bytes; i += Memory.VECTOR) {
      FloatVector factor = Memory.load(x + i);
      sum0 = Memory.load(rows + i).fma(factor, sum0);
      sum1 = Memory.load(row1 + i).fma(factor, sum1);
      sum2 = Memory.load(row2 + i).fma(factor, sum2);
      sum3 = Memory.load(row3 + i).fma(factor, sum3);
      sum4 = Memory.load(row4 + i).fma(factor, sum4);
      sum5 = Memory.load(row5 + i).fma(factor, sum5);
      sum6 = Memory.load(row6 + i).fma(factor, sum6);
      sum7 = Memory.load(row7 + i).fma(factor, sum7);
    }
    Memory.store(sum0, sums);
    Memory.store(sum1, sums + Memory.VECTOR);
    Memory.store(sum2, sums + 2L * Memory.VECTOR);
    Memory.store(sum3, sums + 3L * Memory.VECTOR);
    Memory.store(sum4, sums + 4L * Memory.VECTOR);
    Memory.store(sum5, sums + 5L * Memory.VECTOR);
    Memory.store(sum6, sums + 6L * Memory.VECTOR);
    Memory.store(sum7, sums + 7L * Memory.VECTOR);
  }

  /** {@code out[i·distance] = x·row i·distance} for i from 0 to 7, after {@link #eightRows}. */
  static void finish(long out, long sums, long x, long rows, int distance, int columns) {
    for (int i = 0; i < ROWS; i++) {
      float sum = Memory.sum(Memory.load(sums + (long) i * Memory.VECTOR));
      long row = rows + (long) i * distance * columns * Float.BYTES;
      Memory.set(out + (long) i * distance * Float.BYTES, rest(sum, x, row, columns));
    }
  }

  /** {@code out[0] = x·row}. */
  static void oneRow(long out, long x, long row, int columns) {
    FloatVector sum = FloatVector.zero(Memory.FLOATS);
    int bytes = whole(columns) * Float.BYTES;
    for (int i = 0; i < bytes; i += Memory.VECTOR) {
      sum = Memory.load(row + i).fma(Memory.load(x + i), sum);
    }
    Memory.set(out, rest(Memory.sum(sum), x, row, columns));
  }

  private static int whole(int columns) {
    return columns - columns % Memory.LANES;
  }

  /** {@code sum} and the products of the columns behind the last whole vector. */
  private static float rest(float sum, long x, long row, int columns) {
    for (int i = whole(columns); i < columns; i++) {
      long at = (long) i * Float.BYTES;
      sum = Math.fma(Memory.get(row + at), Memory.get(x + at), sum);
    }
    return sum;
  }
}
