package gpt2j.backend.cpu.weights;

import gpt2j.backend.cpu.kernel.Q4GroupKernel;
import gpt2j.backend.cpu.simd.Memory;

/** Of four bits: the panels of a {@link Q4GroupKernel}. */
record Q4Layout() implements GroupLayout {
  private static final int LANES = Memory.LANES;
  private static final int HALF = Q4GroupKernel.HALF;
  private static final int OFFSET = 8; // by how much stored numbers are too large

  @Override
  public int columns() {
    return Q4GroupKernel.PANEL;
  }

  @Override
  public long panelBytes(int groups) {
    return (long) groups * Q4GroupKernel.GROUP_BYTES;
  }

  @Override
  public long scale(long panel, int groups, int group, int column) {
    int vector = column / LANES;
    long word = (long) vector / 2 * Memory.VECTOR + (long) column % LANES * Integer.BYTES;
    return group(panel, group) + Q4GroupKernel.NUMBERS + word + vector % 2 * Short.BYTES;
  }

  private static long group(long panel, int group) {
    return panel + (long) group * Q4GroupKernel.GROUP_BYTES;
  }

  /** The word that has a column's numbers of an input of a group, and of one 16 away. */
  private static long word(long group, int input, int column) {
    return group + (long) input % HALF * Memory.VECTOR + (long) column % LANES * Integer.BYTES;
  }

  private static int shift(int input, int column) {
    return 16 * (input / HALF) + 4 * (column / LANES);
  }

  @Override
  public void set(long panel, int groups, int group, int column, byte[] integers, int count) {
    long at = group(panel, group);
    for (int i = 0; i < count; i++) {
      long word = word(at, i, column);
      Memory.setInt(word, Memory.getInt(word) | integers[i] + OFFSET << shift(i, column));
    }
  }

  @Override
  public int get(long panel, int groups, int input, int column) {
    int i = input % GROUP;
    int word = Memory.getInt(word(group(panel, input / GROUP), i, column));
    return (word >> shift(i, column) & 0xF) - OFFSET;
  }

  @Override
  public long workBytes() {
    return 0;
  }

  @Override
  public void oneRow(long sums, long x, long panel, int groups, long work) {
    Q4GroupKernel.oneRow(sums, x, panel, groups);
  }

  @Override
  public void widen(long out, long outBytes, long panel, int groups, int group, int column) {
    Q4GroupKernel.widen(out, outBytes, group(panel, group), column / LANES);
  }
}
