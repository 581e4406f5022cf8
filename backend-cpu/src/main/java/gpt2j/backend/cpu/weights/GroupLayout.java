package gpt2j.backend.cpu.weights;

import gpt2j.backend.cpu.simd.GroupLanes;

/**
 * How a quantised matrix lies in memory, by its format: in panels of columns, each with all groups
 * of 32 inputs. Addresses are of a panel; columns are counted from its first.
 */
sealed interface GroupLayout permits Q8Layout, Q4Layout {
  /** Inputs of a group. */
  int GROUP = GroupLanes.GROUP;

  /** Columns of a panel. */
  int columns();

  /** Bytes of a panel. */
  long panelBytes(int groups);

  /** Where a column's scale lies, a float16. */
  long scale(long panel, int groups, int group, int column);

  /** Stores the first {@code count} integers of a group of a column, where nothing was before. */
  void set(long panel, int groups, int group, int column, byte[] integers, int count);

  /** The integer at an input. */
  int get(long panel, int groups, int input, int column);

  /** Bytes of working memory for {@link #oneRow}. */
  long workBytes();

  /**
   * {@code sums += x·panel}.
   *
   * @param sums {@code [columns]}
   * @param x {@code [groups · 32]}
   * @param work of {@link #workBytes}
   */
  void oneRow(long sums, long x, long panel, int groups, long work);

  /**
   * Makes float32 of a group of a vector of columns.
   *
   * @param out {@code [32, lanes]}, its rows {@code outBytes} apart
   * @param column the first, a multiple of a vector's lanes
   */
  void widen(long out, long outBytes, long panel, int groups, int group, int column);
}
