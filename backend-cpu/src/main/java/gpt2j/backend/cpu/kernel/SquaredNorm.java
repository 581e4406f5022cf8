package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Memory;
import jdk.incubator.vector.DoubleVector;

/** Sums of squares in float64, which neither round nor overflow. */
public final class SquaredNorm {
  private static final int LANES = Memory.DOUBLES.length();

  private SquaredNorm() {}

  /**
   * The sum of the squares of some numbers, always added up in the same order.
   *
   * @param scratch room for a vector
   */
  public static double of(long x, int count, long scratch) {
    int whole = count - count % (2 * LANES);
    addVectors(x, whole, scratch);
    double sum = 0;
    for (int lane = 0; lane < LANES; lane++) {
      sum += Memory.getDouble(scratch + (long) lane * Double.BYTES);
    }
    for (int i = whole; i < count; i++) {
      double value = Memory.get(x + (long) i * Float.BYTES);
      sum += value * value;
    }
    return sum;
  }

  private static void addVectors(long x, int count, long to) {
    DoubleVector a = DoubleVector.zero(Memory.DOUBLES);
    DoubleVector b = a;
    for (int i = 0; i < count; i += 2 * LANES) {
      long at = x + (long) i * Float.BYTES;
      DoubleVector first = Memory.loadWidened(at);
      DoubleVector second = Memory.loadWidened(at + (long) LANES * Float.BYTES);
      a = first.fma(first, a);
      b = second.fma(second, b);
    }
    Memory.store(DoubleVector.zero(Memory.DOUBLES).add(a).add(b), to);
  }
}
