package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.GroupLanes;
import gpt2j.backend.cpu.simd.Memory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Of four bits: {@code [group][16 inputs][lane]} of words. The lower half of a word has the numbers
 * of four columns, {@code lanes} apart, for an input, the upper half those for the input 16 behind,
 * all 8 too large.
 */
public record Q4GroupKernel() implements GroupKernel {
  private static final int V = Memory.VECTOR;
  private static final int HALF = GROUP / 2;
  private static final int NUMBERS = HALF * V;
  private static final int BYTES = NUMBERS + SCALES_BYTES;
  private static final float SCALE_0 = GroupLanes.SCALE;
  private static final float SCALE_1 = GroupLanes.SCALE / 16;
  private static final float SCALE_2 = GroupLanes.SCALE / 256;
  private static final float SCALE_3 = GroupLanes.SCALE / 4096;

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
      upperHalf(work + PANEL_BYTES, from + HALF * Float.BYTES, words);
      long scales = words + NUMBERS;
      ScaledSums.addTwo(sums, work, scales, SCALE_0, SCALE_1);
      ScaledSums.addTwo(sums + 2L * V, work + 2L * V, scales + V, SCALE_2, SCALE_3);
    }
  }

  /** {@code products = x·words}, of the inputs in the lower halves of the words. */
  private static void lowerHalf(long products, long x, long words) {
    FloatVector a = FloatVector.zero(Memory.FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int input = 0; input < HALF; input++) {
      IntVector four = Memory.loadInts(words + (long) input * V);
      FloatVector factor = Memory.broadcast(x + (long) input * Float.BYTES);
      a = GroupLanes.bits0(four).fma(factor, a);
      b = GroupLanes.bits1(four).fma(factor, b);
      c = GroupLanes.bits2(four).fma(factor, c);
      d = GroupLanes.bits3(four).fma(factor, d);
    }
    Memory.store(a, b, c, d, products);
  }

  /** The same of the inputs in the upper halves. */
  private static void upperHalf(long products, long x, long words) {
    FloatVector a = FloatVector.zero(Memory.FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int input = 0; input < HALF; input++) {
      IntVector four = GroupLanes.upper(Memory.loadInts(words + (long) input * V));
      FloatVector factor = Memory.broadcast(x + (long) input * Float.BYTES);
      a = GroupLanes.bits0(four).fma(factor, a);
      b = GroupLanes.bits1(four).fma(factor, b);
      c = GroupLanes.bits2(four).fma(factor, c);
      d = GroupLanes.bits3(four).fma(factor, d);
    }
    Memory.store(a, b, c, d, products);
  }

  @Override
  public int unit(int part) {
    return 1 << 4 * part;
  }

  @Override
  public void widen(long out, long group, long scales) {
    widenLower(out, group, scales);
    widenUpper(out + (long) HALF * PANEL_BYTES, group, scales);
  }

  private static void widenLower(long out, long words, long scales) {
    FloatVector a = Memory.load(scales);
    FloatVector b = Memory.load(scales + V);
    FloatVector c = Memory.load(scales + 2L * V);
    FloatVector d = Memory.load(scales + 3L * V);
    for (int input = 0; input < HALF; input++) {
      IntVector four = Memory.loadInts(words + (long) input * V);
      long row = out + (long) input * PANEL_BYTES;
      Memory.store(GroupLanes.bits0(four).mul(a), row);
      Memory.store(GroupLanes.bits1(four).mul(b), row + V);
      Memory.store(GroupLanes.bits2(four).mul(c), row + 2L * V);
      Memory.store(GroupLanes.bits3(four).mul(d), row + 3L * V);
    }
  }

  private static void widenUpper(long out, long words, long scales) {
    FloatVector a = Memory.load(scales);
    FloatVector b = Memory.load(scales + V);
    FloatVector c = Memory.load(scales + 2L * V);
    FloatVector d = Memory.load(scales + 3L * V);
    for (int input = 0; input < HALF; input++) {
      IntVector four = GroupLanes.upper(Memory.loadInts(words + (long) input * V));
      long row = out + (long) input * PANEL_BYTES;
      Memory.store(GroupLanes.bits0(four).mul(a), row);
      Memory.store(GroupLanes.bits1(four).mul(b), row + V);
      Memory.store(GroupLanes.bits2(four).mul(c), row + 2L * V);
      Memory.store(GroupLanes.bits3(four).mul(d), row + 3L * V);
    }
  }
}
