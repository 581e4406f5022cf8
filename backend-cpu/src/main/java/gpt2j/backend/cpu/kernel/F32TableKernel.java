package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Memory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The kernel of a {@link gpt2j.backend.cpu.weights.TableGemv} of an {@link
 * gpt2j.backend.cpu.weights.F32Table}.
 */
public record F32TableKernel(int columns) implements TableKernel {
  private static final int V = Memory.VECTOR;

  @Override
  public void addUp(long sums, long x, long rows, long next) {
    FloatVector a = FloatVector.zero(Memory.FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    long row1 = rows + next;
    long row2 = row1 + next;
    long row3 = row2 + next;
    int bytes = columns * Float.BYTES;
    int whole = bytes - bytes % (2 * V);
    for (int i = 0; i < whole; i += 2 * V) {
      FloatVector first = Memory.load(x + i);
      FloatVector second = Memory.load(x + i + V);
      a = Memory.load(rows + i + V).fma(second, Memory.load(rows + i).fma(first, a));
      b = Memory.load(row1 + i + V).fma(second, Memory.load(row1 + i).fma(first, b));
      c = Memory.load(row2 + i + V).fma(second, Memory.load(row2 + i).fma(first, c));
      d = Memory.load(row3 + i + V).fma(second, Memory.load(row3 + i).fma(first, d));
    }
    Memory.store(a, b, c, d, sums);
    for (int stream = 0; whole < bytes && stream < STREAMS; stream++) {
      addEnd(sums + (long) stream * V, x, rows + stream * next, whole, bytes);
    }
  }

  @Override
  public void addUp(long sums, long x, long row) {
    Memory.clearRow(sums, Memory.LANES);
    addEnd(sums, x, row, 0, columns * Float.BYTES);
  }

  /** {@code sums +=} the products from byte {@code from} to before {@code end}. */
  private static void addEnd(long sums, long x, long row, int from, int end) {
    FloatVector sum = Memory.load(sums);
    int i = from;
    for (; i + V <= end; i += V) {
      sum = Memory.load(row + i).fma(Memory.load(x + i), sum);
    }
    if (i < end) {
      VectorMask<Float> rest = Memory.first((end - i) / Float.BYTES);
      sum = Memory.load(row + i, rest).fma(Memory.load(x + i, rest), sum);
    }
    Memory.store(sum, sums);
  }
}
