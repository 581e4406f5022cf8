package gpt2j.backend.cpu;

import jdk.incubator.vector.FloatVector;

/**
 * The kernel of a float32 matrix–vector product: adds scaled rows of the matrix to a row of sums.
 *
 * <p>Eight rows at a time: eight streams keep the memory busy, and the sums, which stay in the
 * first-level cache, are read and written only once for eight rows. The number of columns is
 * rounded up to whole vectors: sums has room for that, and what lies behind a row may be read.
 */
final class MatrixVector {
  private MatrixVector() {}

  /**
   * {@code sums += x[0]·row 0 + … + x[7]·row 7}.
   *
   * @param rowBytes distance between rows
   */
  static void addEightRows(long sums, long x, long rows, long rowBytes, int columns) {
    FloatVector x0 = Memory.broadcast(x);
    FloatVector x1 = Memory.broadcast(x + 4);
    FloatVector x2 = Memory.broadcast(x + 8);
    FloatVector x3 = Memory.broadcast(x + 12);
    FloatVector x4 = Memory.broadcast(x + 16);
    FloatVector x5 = Memory.broadcast(x + 20);
    FloatVector x6 = Memory.broadcast(x + 24);
    FloatVector x7 = Memory.broadcast(x + 28);
    long row1 = rows + rowBytes;
    long row2 = row1 + rowBytes;
    long row3 = row2 + rowBytes;
    long row4 = row3 + rowBytes;
    long row5 = row4 + rowBytes;
    long row6 = row5 + rowBytes;
    long row7 = row6 + rowBytes;
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

  /** {@code sums += x[0]·row}. */
  static void addRow(long sums, long x, long row, int columns) {
    FloatVector x0 = Memory.broadcast(x);
    int bytes = columns * Float.BYTES;
    for (int i = 0; i < bytes; i += Memory.VECTOR) {
      Memory.store(Memory.load(row + i).fma(x0, Memory.load(sums + i)), sums + i);
    }
  }
}
