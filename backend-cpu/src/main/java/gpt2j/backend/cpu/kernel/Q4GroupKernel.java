package gpt2j.backend.cpu.kernel;

import static gpt2j.backend.cpu.simd.GroupLanes.SIGN_AND_MAGNITUDE;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import gpt2j.backend.cpu.simd.GroupLanes;
import gpt2j.backend.cpu.simd.Memory;
import gpt2j.backend.cpu.simd.VectorMath;
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

  private static final int GROUP = GroupLanes.GROUP;

  /** Inputs that share words. */
  public static final int HALF = GROUP / 2;

  private static final int V = Memory.VECTOR;

  /** Bytes of a group's numbers, before its scales: two float16 in a word. */
  public static final int NUMBERS = HALF * V;

  /** Bytes of a group. */
  public static final int GROUP_BYTES = NUMBERS + PANEL * Short.BYTES;

  // A number in the lower half of a word is a float32's fraction, once the exponent of 2^23 is put
  // above it. Less 2^23 and what it is too large by, it is itself, times 2^k if it stands k bits
  // from the end. That spares a shift and a conversion; the scale makes good for the factor.
  private static final IntVector EXPONENT =
      IntVector.broadcast(Memory.INTS, Float.floatToRawIntBits(0x1p23f));
  private static final IntVector BITS_0 = IntVector.broadcast(Memory.INTS, 0xF);
  private static final IntVector BITS_1 = IntVector.broadcast(Memory.INTS, 0xF0);
  private static final IntVector BITS_2 = IntVector.broadcast(Memory.INTS, 0xF00);
  private static final IntVector BITS_3 = IntVector.broadcast(Memory.INTS, 0xF000);
  private static final FloatVector OFFSET_0 = VectorMath.constant(0x1p23f + 8);
  private static final FloatVector OFFSET_1 = VectorMath.constant(0x1p23f + 8 * 16);
  private static final FloatVector OFFSET_2 = VectorMath.constant(0x1p23f + 8 * 256);
  private static final FloatVector OFFSET_3 = VectorMath.constant(0x1p23f + 8 * 4096);
  private static final float SCALE_0 = GroupLanes.SCALE;
  private static final float SCALE_1 = GroupLanes.SCALE / 16;
  private static final float SCALE_2 = GroupLanes.SCALE / 256;
  private static final float SCALE_3 = GroupLanes.SCALE / 4096;

  private Q4GroupKernel() {}

  /**
   * {@code sums += x·panel}. Within a group the products are of x with the integers; their sum is
   * scaled when it is added to those of the groups before.
   *
   * <p>It calls vectors' methods themselves and not by way of ours: those are inlined without end.
   *
   * @param sums {@code [PANEL]}
   * @param x {@code [groups · 32]}
   */
  public static void oneRow(long sums, long x, long panel, int groups) {
    FloatVector sumA = Memory.load(sums);
    FloatVector sumB = Memory.load(sums + V);
    FloatVector sumC = Memory.load(sums + 2L * V);
    FloatVector sumD = Memory.load(sums + 3L * V);
    long from = x;
    long words = panel;
    for (int group = 0; group < groups; group++) {
      FloatVector a = FloatVector.zero(Memory.FLOATS);
      FloatVector b = a;
      FloatVector c = a;
      FloatVector d = a;
      FloatVector e = a; // of the inputs in the upper halves of words
      FloatVector f = a;
      FloatVector g = a;
      FloatVector h = a;
      for (int input = 0; input < HALF; input++) {
        IntVector lower = Memory.loadInts(words + (long) input * V);
        FloatVector x0 = Memory.broadcast(from + (long) input * Float.BYTES);
        FloatVector x1 = Memory.broadcast(from + (long) (input + HALF) * Float.BYTES);
        IntVector upper = lower.lanewise(LSHR, 16);
        a = lower.and(BITS_0).or(EXPONENT).reinterpretAsFloats().sub(OFFSET_0).fma(x0, a);
        b = lower.and(BITS_1).or(EXPONENT).reinterpretAsFloats().sub(OFFSET_1).fma(x0, b);
        c = lower.and(BITS_2).or(EXPONENT).reinterpretAsFloats().sub(OFFSET_2).fma(x0, c);
        d = lower.and(BITS_3).or(EXPONENT).reinterpretAsFloats().sub(OFFSET_3).fma(x0, d);
        e = upper.and(BITS_0).or(EXPONENT).reinterpretAsFloats().sub(OFFSET_0).fma(x1, e);
        f = upper.and(BITS_1).or(EXPONENT).reinterpretAsFloats().sub(OFFSET_1).fma(x1, f);
        g = upper.and(BITS_2).or(EXPONENT).reinterpretAsFloats().sub(OFFSET_2).fma(x1, g);
        h = upper.and(BITS_3).or(EXPONENT).reinterpretAsFloats().sub(OFFSET_3).fma(x1, h);
      }
      long scales = words + NUMBERS;
      IntVector ab = IntVector.fromMemorySegment(Memory.INTS, Memory.ALL, scales, Memory.ORDER);
      IntVector cd = IntVector.fromMemorySegment(Memory.INTS, Memory.ALL, scales + V, Memory.ORDER);
      IntVector scaleA = ab.lanewise(LSHL, 16).lanewise(ASHR, 3).and(SIGN_AND_MAGNITUDE);
      IntVector scaleB = ab.lanewise(ASHR, 3).and(SIGN_AND_MAGNITUDE);
      IntVector scaleC = cd.lanewise(LSHL, 16).lanewise(ASHR, 3).and(SIGN_AND_MAGNITUDE);
      IntVector scaleD = cd.lanewise(ASHR, 3).and(SIGN_AND_MAGNITUDE);
      sumA = scaleA.reinterpretAsFloats().mul(SCALE_0).fma(a.add(e), sumA);
      sumB = scaleB.reinterpretAsFloats().mul(SCALE_1).fma(b.add(f), sumB);
      sumC = scaleC.reinterpretAsFloats().mul(SCALE_2).fma(c.add(g), sumC);
      sumD = scaleD.reinterpretAsFloats().mul(SCALE_3).fma(d.add(h), sumD);
      from += GROUP * Float.BYTES;
      words += GROUP_BYTES;
    }
    sumA.intoMemorySegment(Memory.ALL, sums, Memory.ORDER);
    sumB.intoMemorySegment(Memory.ALL, sums + V, Memory.ORDER);
    sumC.intoMemorySegment(Memory.ALL, sums + 2L * V, Memory.ORDER);
    sumD.intoMemorySegment(Memory.ALL, sums + 3L * V, Memory.ORDER);
  }

  /**
   * Makes float32 of a group of a vector of columns.
   *
   * @param out {@code [32, lanes]}, its rows {@code outBytes} apart
   * @param vector which of the panel's, 0 … 3
   */
  public static void widen(long out, long outBytes, long group, int vector) {
    int unit = 1 << 4 * vector; // how many times too large its numbers are taken
    FloatVector scales = GroupLanes.scale(group + NUMBERS + (long) vector / 2 * V, vector % 2);
    FloatVector factors = scales.mul(1f / unit);
    IntVector numbers = IntVector.broadcast(Memory.INTS, 0xF * unit);
    FloatVector offset = FloatVector.broadcast(Memory.FLOATS, 0x1p23f + 8 * unit);
    for (int input = 0; input < HALF; input++) {
      IntVector lower = Memory.loadInts(group + (long) input * V);
      IntVector upper = lower.lanewise(LSHR, 16);
      FloatVector first = lower.and(numbers).or(EXPONENT).reinterpretAsFloats().sub(offset);
      FloatVector second = upper.and(numbers).or(EXPONENT).reinterpretAsFloats().sub(offset);
      Memory.store(first.mul(factors), out + input * outBytes);
      Memory.store(second.mul(factors), out + (input + HALF) * outBytes);
    }
  }
}
