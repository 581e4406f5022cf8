package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Bf16Lanes;
import gpt2j.backend.cpu.simd.Memory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * The kernel of a {@link gpt2j.backend.cpu.weights.TableGemv} of a {@link
 * gpt2j.backend.cpu.weights.Bf16Table}. A vector of x is its even numbers, then its odd ones,
 * {@code words} each.
 *
 * <p>The sums lie in the first-level cache, for the reason that {@link F32TableKernel} gives.
 *
 * @param words of a row, a multiple of the lanes of a vector
 */
public record Bf16TableKernel(int words) implements TableKernel {
  private static final int V = Memory.VECTOR;
  private static final int TURN_BYTES = TURN * V;

  @Override
  public void addUp(long sums, long x, long rows, long next) {
    Memory.clearRow(sums, STREAMS * Memory.LANES);
    int bytes = words * Integer.BYTES;
    int whole = bytes - bytes % TURN_BYTES;
    for (int i = 0; i < whole; i += TURN_BYTES) {
      long even = x + i;
      long odd = even + bytes;
      long row = rows + i;
      long sum = sums;
      for (int stream = 0; stream < STREAMS; stream++) {
        IntVector pairs = Memory.loadInts(row);
        FloatVector a = Bf16Lanes.low(pairs).fma(Memory.load(even), Memory.load(sum));
        FloatVector b = Bf16Lanes.high(pairs).mul(Memory.load(odd));
        for (int at = V; at < TURN_BYTES; at += V) {
          pairs = Memory.loadInts(row + at);
          a = Bf16Lanes.low(pairs).fma(Memory.load(even + at), a);
          b = Bf16Lanes.high(pairs).fma(Memory.load(odd + at), b);
        }
        Memory.store(a.add(b), sum);
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
    addEnd(sums, x, row, 0, words * Integer.BYTES);
  }

  /** {@code sums +=} the products from byte {@code from} to before {@code bytes}. */
  private static void addEnd(long sums, long x, long row, int from, int bytes) {
    FloatVector sum = Memory.load(sums);
    for (int i = from; i < bytes; i += V) {
      IntVector pairs = Memory.loadInts(row + i);
      sum = Bf16Lanes.low(pairs).fma(Memory.load(x + i), sum);
      sum = Bf16Lanes.high(pairs).fma(Memory.load(x + bytes + i), sum);
    }
    Memory.store(sum, sums);
  }
}
