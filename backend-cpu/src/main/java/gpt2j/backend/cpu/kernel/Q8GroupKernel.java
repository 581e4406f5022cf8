package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.GroupLanes;
import gpt2j.backend.cpu.simd.Memory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Of eight bits: {@code [group][32 inputs][lane]} of words, each with a byte of four columns,
 * {@code lanes} apart, which is 128 too large.
 */
public record Q8GroupKernel() implements GroupKernel {
  private static final int V = Memory.VECTOR;
  private static final int NUMBERS = GROUP * V;
  private static final int BYTES = NUMBERS + SCALES_BYTES;
  private static final float SCALE_0 = GroupLanes.SCALE;
  private static final float SCALE_1 = GroupLanes.SCALE / 256;

  @Override
  public int groupBytes() {
    return BYTES;
  }

  @Override
  public void oneRow(long sums, long x, long panel, int groups, long work) {
    for (int group = 0; group < groups; group++) {
      long from = x + (long) group * GROUP * Float.BYTES;
      long words = panel + (long) group * BYTES;
      lowerHalf(work, from, words);
      upperHalf(work + 2L * V, from, words);
      long scales = words + NUMBERS;
      ScaledSums.addTwo(sums, work, scales, SCALE_0, SCALE_1);
      ScaledSums.addTwo(sums + 2L * V, work + 2L * V, scales + V, SCALE_0, SCALE_1);
    }
  }

  /**
   * {@code products = x·words}, of the columns in the lower halves of the words: the even inputs,
   * and behind them the odd ones.
   */
  private static void lowerHalf(long products, long x, long words) {
    FloatVector a = FloatVector.zero(Memory.FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int input = 0; input < GROUP; input += 2) {
      long at = words + (long) input * V;
      IntVector two = Memory.loadInts(at);
      FloatVector factor = Memory.broadcast(x + (long) input * Float.BYTES);
      a = GroupLanes.byte0(two).fma(factor, a);
      b = GroupLanes.byte1(two).fma(factor, b);
      two = Memory.loadInts(at + V);
      factor = Memory.broadcast(x + (long) input * Float.BYTES + Float.BYTES);
      c = GroupLanes.byte0(two).fma(factor, c);
      d = GroupLanes.byte1(two).fma(factor, d);
    }
    Memory.store(a, b, products);
    Memory.store(c, d, products + PANEL_BYTES);
  }

  /** The same of the columns in the upper halves. */
  private static void upperHalf(long products, long x, long words) {
    FloatVector a = FloatVector.zero(Memory.FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int input = 0; input < GROUP; input += 2) {
      long at = words + (long) input * V;
      IntVector two = GroupLanes.upper(Memory.loadInts(at));
      FloatVector factor = Memory.broadcast(x + (long) input * Float.BYTES);
      a = GroupLanes.byte0(two).fma(factor, a);
      b = GroupLanes.byte1(two).fma(factor, b);
      two = GroupLanes.upper(Memory.loadInts(at + V));
      factor = Memory.broadcast(x + (long) input * Float.BYTES + Float.BYTES);
      c = GroupLanes.byte0(two).fma(factor, c);
      d = GroupLanes.byte1(two).fma(factor, d);
    }
    Memory.store(a, b, products);
    Memory.store(c, d, products + PANEL_BYTES);
  }

  @Override
  public int unit(int part) {
    return part % 2 == 0 ? 1 : 256;
  }

  @Override
  public void widen(long out, long group, long scales) {
    widenLower(out, group, scales);
    widenUpper(out + 2L * V, group, scales + 2L * V);
  }

  private static void widenLower(long out, long words, long scales) {
    FloatVector a = Memory.load(scales);
    FloatVector b = Memory.load(scales + V);
    for (int input = 0; input < GROUP; input++) {
      IntVector two = Memory.loadInts(words + (long) input * V);
      long row = out + (long) input * PANEL_BYTES;
      Memory.store(GroupLanes.byte0(two).mul(a), row);
      Memory.store(GroupLanes.byte1(two).mul(b), row + V);
    }
  }

  private static void widenUpper(long out, long words, long scales) {
    FloatVector a = Memory.load(scales);
    FloatVector b = Memory.load(scales + V);
    for (int input = 0; input < GROUP; input++) {
      IntVector two = GroupLanes.upper(Memory.loadInts(words + (long) input * V));
      long row = out + (long) input * PANEL_BYTES;
      Memory.store(GroupLanes.byte0(two).mul(a), row);
      Memory.store(GroupLanes.byte1(two).mul(b), row + V);
    }
  }
}
