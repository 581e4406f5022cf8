package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Memory;

/**
 * Kernels of a quantised matrix, by the number of bits of a weight. It lies in panels of columns,
 * in a panel one group of inputs behind the other: first its numbers, then its scales, as {@link
 * gpt2j.backend.cpu.simd.GroupLanes} takes them apart.
 */
public interface GroupKernel {
  /** Columns of a panel: four vectors of sums. */
  int PANEL = 4 * Memory.LANES;

  /** Inputs of a group. */
  int GROUP = 32;

  /** Bytes of a panel's part of a row. */
  int PANEL_BYTES = PANEL * Float.BYTES;

  /** Bytes of the scales of a group in a panel. */
  int SCALES_BYTES = PANEL * Short.BYTES;

  /** Bytes of a group in a panel. */
  int groupBytes();

  /**
   * {@code sums += x·panel}. Within a group the products are of x with the integers; their sum is
   * scaled when it is added to those of the groups before.
   *
   * @param sums {@code [PANEL]}
   * @param x {@code [groups · 32]}
   * @param work room for twice {@code PANEL} numbers
   */
  void oneRow(long sums, long x, long panel, int groups, long work);

  /** How many times too large the numbers of a vector of columns, 0 … 3, are taken. */
  int unit(int part);

  /**
   * Makes float32 of a group.
   *
   * @param out {@code [32, PANEL]}
   * @param scales {@code [PANEL]}, each column's scale over its {@link #unit}
   */
  void widen(long out, long group, long scales);
}
