package gpt2j.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * The kernel that multiplies one vector with rows of bfloat16: a product of a {@link Bf16Table}.
 *
 * <p>Four rows at a time: eight would be more than the compiler inlines into one method, and a
 * vector that is passed to a method that isn't inlined becomes an object.
 */
final class Bf16RowProducts {
  /** Rows that are taken at a time. */
  static final int ROWS = 4;

  /** Bytes of the sums of {@link #fourRows}. */
  static final long SUMS = (long) ROWS * Memory.VECTOR;

  private Bf16RowProducts() {}

  /**
   * {@code sums[i] = x·row i·distance} for i from 0 to 3, each a vector that is still to be added
   * up, by {@link #finish}.
   *
   * @param x the even numbers, then the odd ones, {@code words} each
   * @param distance from each row that is taken to the next, in rows
   * @param words of a row, a multiple of the lanes of a vector
   */
  static void fourRows(long sums, long x, long rows, int distance, int words) {
    long next = (long) distance * words * Integer.BYTES;
    long row1 = rows + next;
    long row2 = row1 + next;
    long row3 = row2 + next;
    long odd = x + (long) words * Float.BYTES;
    FloatVector even0 = FloatVector.zero(Memory.FLOATS);
    FloatVector even1 = even0;
    FloatVector even2 = even0;
    FloatVector even3 = even0;
    FloatVector odd0 = even0;
    FloatVector odd1 = even0;
    FloatVector odd2 = even0;
    FloatVector odd3 = even0;
    int bytes = words * Integer.BYTES;
    for (int i = 0; i < bytes; i += Memory.VECTOR) {
      FloatVector factor0 = Memory.load(x + i);
      FloatVector factor1 = Memory.load(odd + i);
      IntVector pairs = Memory.loadInts(rows + i);
      even0 = PanelProduct.low(pairs).fma(factor0, even0);
      odd0 = PanelProduct.high(pairs).fma(factor1, odd0);
      pairs = Memory.loadInts(row1 + i);
      even1 = PanelProduct.low(pairs).fma(factor0, even1);
      odd1 = PanelProduct.high(pairs).fma(factor1, odd1);
      pairs = Memory.loadInts(row2 + i);
      even2 = PanelProduct.low(pairs).fma(factor0, even2);
      odd2 = PanelProduct.high(pairs).fma(factor1, odd2);
      pairs = Memory.loadInts(row3 + i);
      even3 = PanelProduct.low(pairs).fma(factor0, even3);
      odd3 = PanelProduct.high(pairs).fma(factor1, odd3);
    }
    Memory.store(even0.add(odd0), sums);
    Memory.store(even1.add(odd1), sums + Memory.VECTOR);
    Memory.store(even2.add(odd2), sums + 2L * Memory.VECTOR);
    Memory.store(even3.add(odd3), sums + 3L * Memory.VECTOR);
  }

  /** {@code out[i·distance] =} the sum of vector i of {@code sums}, for i from 0 to 3. */
  static void finish(long out, long sums, int distance) {
    for (int i = 0; i < ROWS; i++) {
      float sum = Memory.sum(Memory.load(sums + (long) i * Memory.VECTOR));
      Memory.set(out + (long) i * distance * Float.BYTES, sum);
    }
  }

  /** {@code out[0] = x·row}. */
  static void oneRow(long out, long x, long row, int words) {
    long odd = x + (long) words * Float.BYTES;
    FloatVector sum = FloatVector.zero(Memory.FLOATS);
    int bytes = words * Integer.BYTES;
    for (int i = 0; i < bytes; i += Memory.VECTOR) {
      IntVector pairs = Memory.loadInts(row + i);
      sum = PanelProduct.low(pairs).fma(Memory.load(x + i), sum);
      sum = PanelProduct.high(pairs).fma(Memory.load(odd + i), sum);
    }
    Memory.set(out, Memory.sum(sum));
  }
}
