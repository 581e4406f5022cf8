package gpt2j.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The kernel that multiplies one vector with rows of bfloat16: a product of a {@link Bf16Table}.
 */
final class Bf16RowProducts {
  private static final int HIGH = 0xFFFF0000;

  private Bf16RowProducts() {}

  /**
   * {@code sums[i] = x·row i·distance} for i from 0 to 7, each a vector that is still to be added
   * up, by {@link #finish}.
   *
   * @param x the even numbers, then the odd ones, {@code words} each
   * @param distance from each row that is taken to the next, in rows
   * @param words of a row, a multiple of the lanes of a vector
   */
  static void eightRows(long sums, long x, long rows, int distance, int words) {
    long odd = x + (long) words * Float.BYTES;
    long next = (long) distance * words * Integer.BYTES;
    FloatVector sum0 = FloatVector.zero(Memory.FLOATS);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    FloatVector sum4 = sum0;
    FloatVector sum5 = sum0;
    FloatVector sum6 = sum0;
    FloatVector sum7 = sum0;
    for (int i = 0; i < words; i += Memory.LANES) {
      FloatVector factor0 = Memory.load(x + (long) i * Float.BYTES);
      FloatVector factor1 = Memory.load(odd + (long) i * Float.BYTES);
      long at = rows + (long) i * Integer.BYTES;
      sum0 = add(at, factor0, factor1, sum0);
      sum1 = add(at + next, factor0, factor1, sum1);
      sum2 = add(at + 2 * next, factor0, factor1, sum2);
      sum3 = add(at + 3 * next, factor0, factor1, sum3);
      sum4 = add(at + 4 * next, factor0, factor1, sum4);
      sum5 = add(at + 5 * next, factor0, factor1, sum5);
      sum6 = add(at + 6 * next, factor0, factor1, sum6);
      sum7 = add(at + 7 * next, factor0, factor1, sum7);
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

  /** {@code out[i·distance] =} the sum of vector i of {@code sums}, for i from 0 to 7. */
  static void finish(long out, long sums, int distance) {
    for (int i = 0; i < RowProducts.ROWS; i++) {
      float sum = Memory.sum(Memory.load(sums + (long) i * Memory.VECTOR));
      Memory.set(out + (long) i * distance * Float.BYTES, sum);
    }
  }

  /** {@code out[0] = x·row}. */
  static void oneRow(long out, long x, long row, int words) {
    long odd = x + (long) words * Float.BYTES;
    FloatVector sum = FloatVector.zero(Memory.FLOATS);
    for (int i = 0; i < words; i += Memory.LANES) {
      long at = (long) i * Float.BYTES; // a word is as large as a float32
      sum = add(row + at, Memory.load(x + at), Memory.load(odd + at), sum);
    }
    Memory.set(out, Memory.sum(sum));
  }

  private static FloatVector add(long words, FloatVector even, FloatVector odd, FloatVector sum) {
    IntVector pairs = Memory.loadInts(words);
    FloatVector low = pairs.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
    FloatVector high = pairs.and(HIGH).reinterpretAsFloats();
    return high.fma(odd, low.fma(even, sum));
  }
}
