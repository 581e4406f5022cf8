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
 * @param words of a row, a multiple of the lanes of a vector
 */
public record Bf16TableKernel(int words) implements TableKernel {
  private static final int V = Memory.VECTOR;

  @Override
  public void addUp(long sums, long x, long rows, long next) {
    FloatVector a = FloatVector.zero(Memory.FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    int bytes = words * Integer.BYTES;
    for (int i = 0; i < bytes; i += V) {
      FloatVector even = Memory.load(x + i);
      FloatVector odd = Memory.load(x + bytes + i);
      IntVector pairs = Memory.loadInts(rows + i);
      a = Bf16Lanes.high(pairs).fma(odd, Bf16Lanes.low(pairs).fma(even, a));
      pairs = Memory.loadInts(rows + next + i);
      b = Bf16Lanes.high(pairs).fma(odd, Bf16Lanes.low(pairs).fma(even, b));
      pairs = Memory.loadInts(rows + 2 * next + i);
      c = Bf16Lanes.high(pairs).fma(odd, Bf16Lanes.low(pairs).fma(even, c));
      pairs = Memory.loadInts(rows + 3 * next + i);
      d = Bf16Lanes.high(pairs).fma(odd, Bf16Lanes.low(pairs).fma(even, d));
    }
    Memory.store(a, b, c, d, sums);
  }

  @Override
  public void addUp(long sums, long x, long row) {
    FloatVector sum = FloatVector.zero(Memory.FLOATS);
    int bytes = words * Integer.BYTES;
    for (int i = 0; i < bytes; i += V) {
      IntVector pairs = Memory.loadInts(row + i);
      sum = Bf16Lanes.low(pairs).fma(Memory.load(x + i), sum);
      sum = Bf16Lanes.high(pairs).fma(Memory.load(x + bytes + i), sum);
    }
    Memory.store(sum, sums);
  }
}
