package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Memory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The kernel of a {@link gpt2j.backend.cpu.weights.TableGemv} of an {@link
 * gpt2j.backend.cpu.weights.F32Table}.
 *
 * <p>The sums lie in the first-level cache: eight of them in registers, each with a turn of loads
 * written out, would be more than the compiler inlines into one method, and a vector that is passed
 * to a method that isn't inlined becomes an object.
 */
public record F32TableKernel(int columns) implements TableKernel {
  private static final int V = Memory.VECTOR;
  private static final int TURN_BYTES = TURN * V;

  @Override
  public void addUp(long sums, long x, long rows, long next) {
    Memory.clearRow(sums, STREAMS * Memory.LANES);
    int bytes = columns * Float.BYTES;
    int whole = bytes - bytes % TURN_BYTES;
    for (int i = 0; i < whole; i += TURN_BYTES) {
      long factor = x + i;
      long row = rows + i;
      long sum = sums;
      for (int stream = 0; stream < STREAMS; stream++) {
        FloatVector even = Memory.load(row).fma(Memory.load(factor), Memory.load(sum));
        FloatVector odd = Memory.load(row + V).mul(Memory.load(factor + V));
        even = Memory.load(row + 2L * V).fma(Memory.load(factor + 2L * V), even);
        odd = Memory.load(row + 3L * V).fma(Memory.load(factor + 3L * V), odd);
        Memory.store(even.add(odd), sum);
        row += next;
        sum += V;
      }
    }
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
