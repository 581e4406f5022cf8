package gpt2j.backend.cpu.weights;

import gpt2j.backend.cpu.kernel.Q8GroupKernel;
import gpt2j.backend.cpu.simd.Memory;

/**
 * Of eight bits: a panel has the streams of a {@link Q8GroupKernel}, one after the other, and then
 * the scales of all.
 */
record Q8Layout() implements GroupLayout {
  private static final int LANES = Memory.LANES;

  @Override
  public int columns() {
    return Q8GroupKernel.STREAMS * LANES;
  }

  @Override
  public long panelBytes(int groups) {
    return scales(groups) + (long) groups * Q8GroupKernel.SCALES_BYTES;
  }

  /** Where in a panel the scales begin. */
  private static long scales(int groups) {
    return Q8GroupKernel.STREAMS * streamBytes(groups);
  }

  private static long streamBytes(int groups) {
    return (long) groups * Q8GroupKernel.GROUP_BYTES;
  }

  @Override
  public long scale(long panel, int groups, int group, int column) {
    int stream = column / LANES;
    long word = (long) column % LANES * Integer.BYTES;
    return pair(panel, groups, group, stream) + word + stream % 2 * Short.BYTES;
  }

  /** The words with the scales of a stream and its neighbour. */
  private static long pair(long panel, int groups, int group, int stream) {
    long ofGroup = panel + scales(groups) + (long) group * Q8GroupKernel.SCALES_BYTES;
    return ofGroup + (long) stream / 2 * Memory.VECTOR;
  }

  private static long number(long panel, int groups, int input, int column) {
    return panel + column / LANES * streamBytes(groups) + (long) input * LANES + column % LANES;
  }

  @Override
  public void set(long panel, int groups, int group, int column, byte[] integers, int count) {
    long first = number(panel, groups, group * GROUP, column);
    for (int i = 0; i < count; i++) {
      Memory.setByte(first + (long) i * LANES, integers[i]);
    }
  }

  @Override
  public int get(long panel, int groups, int input, int column) {
    return Memory.getByte(number(panel, groups, input, column));
  }

  @Override
  public long workBytes() {
    return (long) columns() * Float.BYTES;
  }

  @Override
  public void oneRow(long sums, long x, long panel, int groups, long work) {
    long scales = panel + scales(groups);
    Q8GroupKernel.oneRow(sums, x, panel, streamBytes(groups), scales, groups, work);
  }

  @Override
  public void widen(long out, long outBytes, long panel, int groups, int group, int column) {
    int stream = column / LANES;
    long integers = number(panel, groups, group * GROUP, column);
    Q8GroupKernel.widen(out, outBytes, integers, pair(panel, groups, group, stream), stream % 2);
  }
}
