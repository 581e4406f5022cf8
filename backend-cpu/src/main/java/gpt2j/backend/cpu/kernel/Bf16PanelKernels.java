package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Bf16Lanes;
import gpt2j.backend.cpu.simd.Memory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/** Products with one panel of columns of a bfloat16 matrix. */
public final class Bf16PanelKernels {
  /** Columns of a panel: four vectors of sums. */
  public static final int PANEL = 4 * Memory.LANES;

  /** Bytes of one input's numbers in a panel. */
  public static final int ROW_BYTES = PANEL * Short.BYTES;

  private static final int OUT_BYTES = PANEL * Float.BYTES;

  private Bf16PanelKernels() {}

  /**
   * {@code out = x·panel}.
   *
   * @param out {@code [rows, PANEL]}
   * @param x {@code [rows, inputs]}
   */
  public static void multiply(long out, long x, long panel, int rows, int inputs) {
    long xBytes = (long) inputs * Float.BYTES;
    int row = 0;
    for (; row + 4 <= rows; row += 4) {
      long to = out + (long) row * OUT_BYTES;
      long from = x + row * xBytes;
      fourRowsHalf(to, from, panel, inputs);
      fourRowsHalf(to + 2L * Memory.VECTOR, from, panel + Memory.VECTOR, inputs);
    }
    for (; row + 2 <= rows; row += 2) {
      twoRows(out + (long) row * OUT_BYTES, x + row * xBytes, panel, inputs);
    }
    if (row < rows) {
      oneRow(out + (long) row * OUT_BYTES, x + row * xBytes, panel, inputs);
    }
  }

  private static void oneRow(long out, long x, long panel, int inputs) {
    FloatVector a = FloatVector.zero(Memory.FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int input = 0; input < inputs; input++) {
      FloatVector factor = Memory.broadcast(x + (long) input * Float.BYTES);
      long words = panel + (long) input * ROW_BYTES;
      IntVector first = Memory.loadInts(words);
      IntVector second = Memory.loadInts(words + Memory.VECTOR);
      a = Bf16Lanes.low(first).fma(factor, a);
      b = Bf16Lanes.high(first).fma(factor, b);
      c = Bf16Lanes.low(second).fma(factor, c);
      d = Bf16Lanes.high(second).fma(factor, d);
    }
    Memory.store(a, b, c, d, out);
  }

  /**
   * One row of x with two panels: two streams from memory, which one alone can't keep busy.
   *
   * @param out {@code [2, PANEL]}
   */
  public static void oneRowTwoPanels(long out, long x, long panel0, long panel1, int inputs) {
    FloatVector a0 = FloatVector.zero(Memory.FLOATS);
    FloatVector b0 = a0;
    FloatVector c0 = a0;
    FloatVector d0 = a0;
    FloatVector a1 = a0;
    FloatVector b1 = a0;
    FloatVector c1 = a0;
    FloatVector d1 = a0;
    for (int input = 0; input < inputs; input++) {
      FloatVector factor = Memory.broadcast(x + (long) input * Float.BYTES);
      long at = (long) input * ROW_BYTES;
      IntVector first = Memory.loadInts(panel0 + at);
      IntVector second = Memory.loadInts(panel0 + at + Memory.VECTOR);
      a0 = Bf16Lanes.low(first).fma(factor, a0);
      b0 = Bf16Lanes.high(first).fma(factor, b0);
      c0 = Bf16Lanes.low(second).fma(factor, c0);
      d0 = Bf16Lanes.high(second).fma(factor, d0);
      first = Memory.loadInts(panel1 + at);
      second = Memory.loadInts(panel1 + at + Memory.VECTOR);
      a1 = Bf16Lanes.low(first).fma(factor, a1);
      b1 = Bf16Lanes.high(first).fma(factor, b1);
      c1 = Bf16Lanes.low(second).fma(factor, c1);
      d1 = Bf16Lanes.high(second).fma(factor, d1);
    }
    Memory.store(a0, b0, c0, d0, out);
    Memory.store(a1, b1, c1, d1, out + OUT_BYTES);
  }

  /** Four rows of x with half a panel: so that each number is widened only once for four rows. */
  private static void fourRowsHalf(long out, long x, long panel, int inputs) {
    FloatVector a0 = FloatVector.zero(Memory.FLOATS);
    FloatVector b0 = a0;
    FloatVector a1 = a0;
    FloatVector b1 = a0;
    FloatVector a2 = a0;
    FloatVector b2 = a0;
    FloatVector a3 = a0;
    FloatVector b3 = a0;
    long x1 = x + (long) inputs * Float.BYTES;
    long x2 = x1 + (long) inputs * Float.BYTES;
    long x3 = x2 + (long) inputs * Float.BYTES;
    for (int input = 0; input < inputs; input++) {
      long at = (long) input * Float.BYTES;
      IntVector words = Memory.loadInts(panel + (long) input * ROW_BYTES);
      FloatVector low = Bf16Lanes.low(words);
      FloatVector high = Bf16Lanes.high(words);
      FloatVector factor = Memory.broadcast(x + at);
      a0 = low.fma(factor, a0);
      b0 = high.fma(factor, b0);
      factor = Memory.broadcast(x1 + at);
      a1 = low.fma(factor, a1);
      b1 = high.fma(factor, b1);
      factor = Memory.broadcast(x2 + at);
      a2 = low.fma(factor, a2);
      b2 = high.fma(factor, b2);
      factor = Memory.broadcast(x3 + at);
      a3 = low.fma(factor, a3);
      b3 = high.fma(factor, b3);
    }
    Memory.store(a0, b0, out);
    Memory.store(a1, b1, out + OUT_BYTES);
    Memory.store(a2, b2, out + 2L * OUT_BYTES);
    Memory.store(a3, b3, out + 3L * OUT_BYTES);
  }

  private static void twoRows(long out, long x, long panel, int inputs) {
    FloatVector a0 = FloatVector.zero(Memory.FLOATS);
    FloatVector b0 = a0;
    FloatVector c0 = a0;
    FloatVector d0 = a0;
    FloatVector a1 = a0;
    FloatVector b1 = a0;
    FloatVector c1 = a0;
    FloatVector d1 = a0;
    long x1 = x + (long) inputs * Float.BYTES;
    for (int input = 0; input < inputs; input++) {
      FloatVector factor0 = Memory.broadcast(x + (long) input * Float.BYTES);
      FloatVector factor1 = Memory.broadcast(x1 + (long) input * Float.BYTES);
      long words = panel + (long) input * ROW_BYTES;
      IntVector first = Memory.loadInts(words);
      FloatVector low = Bf16Lanes.low(first);
      FloatVector high = Bf16Lanes.high(first);
      a0 = low.fma(factor0, a0);
      a1 = low.fma(factor1, a1);
      b0 = high.fma(factor0, b0);
      b1 = high.fma(factor1, b1);
      IntVector second = Memory.loadInts(words + Memory.VECTOR);
      low = Bf16Lanes.low(second);
      high = Bf16Lanes.high(second);
      c0 = low.fma(factor0, c0);
      c1 = low.fma(factor1, c1);
      d0 = high.fma(factor0, d0);
      d1 = high.fma(factor1, d1);
    }
    Memory.store(a0, b0, c0, d0, out);
    Memory.store(a1, b1, c1, d1, out + OUT_BYTES);
  }

  /**
   * Widens one of a panel's vectors of columns to float32.
   *
   * @param out {@code [inputs, lanes]}, its rows {@code outBytes} apart
   * @param words where its words begin
   * @param high whether it is in their high halves
   */
  public static void widenVector(long out, long outBytes, long words, boolean high, int inputs) {
    for (int input = 0; input < inputs; input++) {
      IntVector pairs = Memory.loadInts(words + (long) input * ROW_BYTES);
      FloatVector numbers = high ? Bf16Lanes.high(pairs) : Bf16Lanes.low(pairs);
      Memory.store(numbers, out + input * outBytes);
    }
  }

  /**
   * Widens the first {@code count} columns of a panel to float32.
   *
   * @param out where the first number goes, in a matrix {@code [inputs, outputs]}
   */
  public static void widen(long out, long panel, int inputs, int outputs, int count) {
    VectorMask<Float> inA = Memory.first(count);
    VectorMask<Float> inB = Memory.first(count - Memory.LANES);
    VectorMask<Float> inC = Memory.first(count - 2 * Memory.LANES);
    VectorMask<Float> inD = Memory.first(count - 3 * Memory.LANES);
    for (int input = 0; input < inputs; input++) {
      long words = panel + (long) input * ROW_BYTES;
      long row = out + (long) input * outputs * Float.BYTES;
      IntVector first = Memory.loadInts(words);
      IntVector second = Memory.loadInts(words + Memory.VECTOR);
      Memory.store(Bf16Lanes.low(first), row, inA);
      Memory.store(Bf16Lanes.high(first), row + Memory.VECTOR, inB);
      Memory.store(Bf16Lanes.low(second), row + 2L * Memory.VECTOR, inC);
      Memory.store(Bf16Lanes.high(second), row + 3L * Memory.VECTOR, inD);
    }
  }
}
