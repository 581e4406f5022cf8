package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Memory;
import jdk.incubator.vector.FloatVector;

/**
 * The kernels of a product of one row, or a few, with a float32 matrix: they add scaled rows of the
 * matrix to rows of sums.
 *
 * <p>Eight rows at a time: eight streams keep the memory busy, and the sums, which stay in the
 * first-level cache, are read and written only once for eight rows. The number of columns is
 * rounded up to whole vectors: sums has room for that, and what lies behind a row may be read.
 */
public final class GemvKernels {
  private GemvKernels() {}

  /** Rows that {@link #addRows} adds. */
  public static final int ROWS = 8;

  /**
   * {@code sums += x[0]·row 0 + x[distance]·row distance + … + x[7·distance]·row 7·distance}.
   *
   * @param distance from each row that is added to the next, in rows
   * @param rowBytes size of a row
   */
  public static void addRows(
      long sums, long x, long rows, int distance, long rowBytes, int columns) {
    long next = distance * rowBytes;
    long nextX = (long) distance * Float.BYTES;
    FloatVector x0 = Memory.broadcast(x);
    FloatVector x1 = Memory.broadcast(x + nextX);
    FloatVector x2 = Memory.broadcast(x + 2 * nextX);
    FloatVector x3 = Memory.broadcast(x + 3 * nextX);
    FloatVector x4 = Memory.broadcast(x + 4 * nextX);
    FloatVector x5 = Memory.broadcast(x + 5 * nextX);
    FloatVector x6 = Memory.broadcast(x + 6 * nextX);
    FloatVector x7 = Memory.broadcast(x + 7 * nextX);
    long row1 = rows + next;
    long row2 = row1 + next;
    long row3 = row2 + next;
    long row4 = row3 + next;
    long row5 = row4 + next;
    long row6 = row5 + next;
    long row7 = row6 + next;
    int bytes = columns * Float.BYTES;
    for (int i = 0; i < bytes; i += Memory.VECTOR) {
      FloatVector sum = Memory.load(sums + i);
      sum = Memory.load(rows + i).fma(x0, sum);
      sum = Memory.load(row1 + i).fma(x1, sum);
      sum = Memory.load(row2 + i).fma(x2, sum);
      sum = Memory.load(row3 + i).fma(x3, sum);
      sum = Memory.load(row4 + i).fma(x4, sum);
      sum = Memory.load(row5 + i).fma(x5, sum);
      sum = Memory.load(row6 + i).fma(x6, sum);
      sum = Memory.load(row7 + i).fma(x7, sum);
      Memory.store(sum, sums + i);
    }
  }

  /** Rows that {@link #addRowsTwice} adds. */
  public static final int ROWS_TWICE = 4;

  /**
   * The same for two rows of x and four of the matrix.
   *
   * @param sumsBytes distance from the first row's sums to the second's
   * @param xBytes distance from the first row of x to the second
   */
  public static void addRowsTwice(
      long sums,
      long sumsBytes,
      long x,
      long xBytes,
      long rows,
      int distance,
      long rowBytes,
      int columns) {
    long next = distance * rowBytes;
    long nextX = (long) distance * Float.BYTES;
    FloatVector x0 = Memory.broadcast(x);
    FloatVector x1 = Memory.broadcast(x + nextX);
    FloatVector x2 = Memory.broadcast(x + 2 * nextX);
    FloatVector x3 = Memory.broadcast(x + 3 * nextX);
    long y = x + xBytes;
    FloatVector y0 = Memory.broadcast(y);
    FloatVector y1 = Memory.broadcast(y + nextX);
    FloatVector y2 = Memory.broadcast(y + 2 * nextX);
    FloatVector y3 = Memory.broadcast(y + 3 * nextX);
    long row1 = rows + next;
    long row2 = row1 + next;
    long row3 = row2 + next;
    int bytes = columns * Float.BYTES;
    for (int i = 0; i < bytes; i += Memory.VECTOR) {
      FloatVector a = Memory.load(rows + i);
      FloatVector b = Memory.load(row1 + i);
      FloatVector c = Memory.load(row2 + i);
      FloatVector d = Memory.load(row3 + i);
      FloatVector sum = Memory.load(sums + i);
      Memory.store(d.fma(x3, c.fma(x2, b.fma(x1, a.fma(x0, sum)))), sums + i);
      sum = Memory.load(sums + sumsBytes + i);
      Memory.store(d.fma(y3, c.fma(y2, b.fma(y1, a.fma(y0, sum)))), sums + sumsBytes + i);
    }
  }

  /** {@code sums += x[0]·row}. */
  public static void addRow(long sums, long x, long row, int columns) {
    FloatVector x0 = Memory.broadcast(x);
    int bytes = columns * Float.BYTES;
    for (int i = 0; i < bytes; i += Memory.VECTOR) {
      Memory.store(Memory.load(row + i).fma(x0, Memory.load(sums + i)), sums + i);
    }
  }
}
