package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.GroupLanes;
import gpt2j.backend.cpu.simd.Memory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Products with quantised columns of four bits. They lie in panels of four vectors, one group of 32
 * inputs behind the other: {@code [16 inputs][lane]} of words, then the scales. The lower half of a
 * word has the numbers of four columns, {@code lanes} apart, for an input, the upper half those for
 * the input 16 behind, all 8 too large.
 */
public final class Q4GroupKernel {
  /** Columns of a panel: four vectors of sums. */
  public static final int PANEL = 4 * Memory.LANES;

  /** Bytes of a panel's part of a row. */
  public static final int PANEL_BYTES = PANEL * Float.BYTES;

  private static final int GROUP = GroupLanes.GROUP;

  /** Inputs that share words. */
  public static final int HALF = GROUP / 2;

  private static final int V = Memory.VECTOR;

  /** Bytes of a group's numbers, before its scales: two float16 in a word. */
  public static final int NUMBERS = HALF * V;

  /** Bytes of a group. */
  public static final int GROUP_BYTES = NUMBERS + PANEL * Short.BYTES;

  private static final float SCALE_0 = GroupLanes.SCALE;
  private static final float SCALE_1 = GroupLanes.SCALE / 16;
  private static final float SCALE_2 = GroupLanes.SCALE / 256;
  private static final float SCALE_3 = GroupLanes.SCALE / 4096;

  private Q4GroupKernel() {}

  /**
   * {@code sums += x·panel}. Within a group the products are of x with the integers; their sum is
   * scaled when it is added to those of the groups before.
   *
   * @param sums {@code [PANEL]}
   * @param x {@code [groups · 32]}
   * @param work room for twice {@code PANEL} numbers
   */
  public static void oneRow(long sums, long x, long panel, int groups, long work) {
    for (int group = 0; group < groups; group++) {
      long from = x + (long) group * GROUP * Float.BYTES;
      long words = panel + (long) group * GROUP_BYTES;
      lowerHalf(work, from, words);
      upperHalf(work + PANEL_BYTES, from + HALF * Float.BYTES, words);
      long scales = words + NUMBERS;
      long others = work + PANEL_BYTES;
      ScaledSums.addTwo(sums, work, others, scales, SCALE_0, SCALE_1);
      ScaledSums.addTwo(
          sums + 2L * V, work + 2L * V, others + 2L * V, scales + V, SCALE_2, SCALE_3);
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

  /** How many times too large the numbers of a vector of columns, 0 … 3, are taken. */
  public static int unit(int vector) {
    return 1 << 4 * vector;
  }

  /**
   * Makes float32 of a group.
   *
   * @param out {@code [32, PANEL]}, its rows {@code outBytes} apart
   * @param scales {@code [PANEL]} of float32, each column's scale over its {@link #unit}
   */
  public static void widen(long out, long outBytes, long group, long scales) {
    widenLower(out, outBytes, group, scales);
    widenUpper(out + HALF * outBytes, outBytes, group, scales);
  }

  private static void widenLower(long out, long outBytes, long words, long scales) {
    FloatVector a = Memory.load(scales);
    FloatVector b = Memory.load(scales + V);
    FloatVector c = Memory.load(scales + 2L * V);
    FloatVector d = Memory.load(scales + 3L * V);
    for (int input = 0; input < HALF; input++) {
      IntVector four = Memory.loadInts(words + (long) input * V);
      long row = out + input * outBytes;
      Memory.store(GroupLanes.bits0(four).mul(a), row);
      Memory.store(GroupLanes.bits1(four).mul(b), row + V);
      Memory.store(GroupLanes.bits2(four).mul(c), row + 2L * V);
      Memory.store(GroupLanes.bits3(four).mul(d), row + 3L * V);
    }
  }

  private static void widenUpper(long out, long outBytes, long words, long scales) {
    FloatVector a = Memory.load(scales);
    FloatVector b = Memory.load(scales + V);
    FloatVector c = Memory.load(scales + 2L * V);
    FloatVector d = Memory.load(scales + 3L * V);
    for (int input = 0; input < HALF; input++) {
      IntVector four = GroupLanes.upper(Memory.loadInts(words + (long) input * V));
      long row = out + input * outBytes;
      Memory.store(GroupLanes.bits0(four).mul(a), row);
      Memory.store(GroupLanes.bits1(four).mul(b), row + V);
      Memory.store(GroupLanes.bits2(four).mul(c), row + 2L * V);
      Memory.store(GroupLanes.bits3(four).mul(d), row + 3L * V);
    }
  }
}
