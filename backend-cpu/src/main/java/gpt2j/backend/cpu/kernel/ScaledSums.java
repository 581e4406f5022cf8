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
   * {@code sums += products·scales} for two vectors of columns.
   *
   * @param scales a vector of words, each with the first column's in its low half
   */
  static void addTwo(long sums, long products, long scales) {
    Memory.addProduct(sums, products, GroupLanes.scale(scales, 0));
    Memory.addProduct(sums + V, products + V, GroupLanes.scale(scales, 1));
  }
}
