package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.GroupLanes;
import gpt2j.backend.cpu.simd.Memory;

/**
 * What becomes of the sums of a group: they are scaled and added to those of the groups before. A
 * kernel of its own, since there is an end to what the compiler inlines into one.
 */
final class ScaledSums {
  private static final int V = Memory.VECTOR;

  private ScaledSums() {}

  /**
   * {@code sums += (products + others)·scales} for two vectors of columns.
   *
   * @param products beside {@code others}, {@link GroupKernel#PANEL_BYTES} behind them
   * @param scales a vector of words, each with the first column's in its low half
   * @param low what the first vector's scales are to be multiplied by, see {@link GroupLanes#SCALE}
   */
  static void addTwo(long sums, long products, long scales, float low, float high) {
    long others = products + GroupKernel.PANEL_BYTES;
    Memory.addProduct(sums, products, others, GroupLanes.lowScale(scales, low));
    Memory.addProduct(sums + V, products + V, others + V, GroupLanes.highScale(scales, high));
  }
}
