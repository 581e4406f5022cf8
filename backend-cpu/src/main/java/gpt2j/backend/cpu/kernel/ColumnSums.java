package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Memory;
import jdk.incubator.vector.FloatVector;

/**
 * Sums over the rows of a matrix, column by column: the gradient of a bias. A batch may have
 * thousands of rows, so what each addition rounds off is carried into the next (Kahan 1965).
 */
public final class ColumnSums {
  /** Columns that {@link #addFour} takes. */
  public static final int FOUR = 4 * Memory.LANES;

  private static final int VECTOR = Memory.VECTOR;

  private ColumnSums() {}

  /**
   * Adds the sums of some columns.
   *
   * @param to where the first column's sum is added
   * @param from where the first column begins
   * @param rowBytes distance between two rows
   */
  public static void add(long to, long from, long rowBytes, int rows, int columns) {
    int column = 0;
    for (; column + FOUR <= columns; column += FOUR) {
      long at = (long) column * Float.BYTES;
      addFour(to + at, from + at, rowBytes, rows);
    }
    for (; column < columns; column += Memory.LANES) {
      long at = (long) column * Float.BYTES;
      addOne(to + at, from + at, rowBytes, rows, columns - column);
    }
  }

  /** Four vectors of columns, since one sum alone would wait for itself. */
  private static void addFour(long to, long from, long rowBytes, int rows) {
    FloatVector a = FloatVector.zero(Memory.FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    FloatVector lostA = a; // what was added too much
    FloatVector lostB = a;
    FloatVector lostC = a;
    FloatVector lostD = a;
    for (int row = 0; row < rows; row++) {
      long at = from + row * rowBytes;
      FloatVector x = Memory.load(at).sub(lostA);
      FloatVector sum = x.add(a);
      lostA = sum.sub(a).sub(x);
      a = sum;
      x = Memory.load(at + VECTOR).sub(lostB);
      sum = x.add(b);
      lostB = sum.sub(b).sub(x);
      b = sum;
      x = Memory.load(at + 2L * VECTOR).sub(lostC);
      sum = x.add(c);
      lostC = sum.sub(c).sub(x);
      c = sum;
      x = Memory.load(at + 3L * VECTOR).sub(lostD);
      sum = x.add(d);
      lostD = sum.sub(d).sub(x);
      d = sum;
    }
    Memory.store(Memory.load(to).add(a), to);
    Memory.store(Memory.load(to + VECTOR).add(b), to + VECTOR);
    Memory.store(Memory.load(to + 2L * VECTOR).add(c), to + 2L * VECTOR);
    Memory.store(Memory.load(to + 3L * VECTOR).add(d), to + 3L * VECTOR);
  }

  /** One vector of columns, of which only {@code columns} belong to the matrix if that is less. */
  private static void addOne(long to, long from, long rowBytes, int rows, int columns) {
    FloatVector sums = FloatVector.zero(Memory.FLOATS);
    FloatVector lost = sums;
    for (int row = 0; row < rows; row++) {
      FloatVector x = Memory.load(from + row * rowBytes).sub(lost);
      FloatVector sum = x.add(sums);
      lost = sum.sub(sums).sub(x);
      sums = sum;
    }
    Memory.store(Memory.load(to).add(sums), to, Memory.first(columns));
  }
}
