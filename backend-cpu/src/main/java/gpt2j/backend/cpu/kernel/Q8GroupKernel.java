package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.GroupLanes;
import gpt2j.backend.cpu.simd.Memory;
import jdk.incubator.vector.FloatVector;

/**
 * Products with quantised columns of eight bits. Columns lie in streams of one vector each, {@code
 * [group][32 inputs][lane]} of bytes with a sign.
 *
 * <p>Eight streams at a time: a processor fetches only so far ahead in each, and with one alone a
 * kernel that has as much to do for a byte as this one waits for memory half of its time.
 */
public final class Q8GroupKernel {
  /** Streams that are multiplied at a time. */
  public static final int STREAMS = 8;

  private static final int GROUP = GroupLanes.GROUP;

  /** Bytes of a group in a stream. */
  public static final int GROUP_BYTES = GROUP * Memory.LANES;

  /** Bytes of the scales of a group: two float16 in a word, of a stream and of the next. */
  public static final int SCALES_BYTES = STREAMS * Memory.LANES * Short.BYTES;

  private static final int V = Memory.VECTOR;

  private Q8GroupKernel() {}

  /**
   * {@code sums += x·columns}. Within a group the products are of x with the integers; their sum is
   * scaled when it is added to those of the groups before.
   *
   * @param sums {@code [STREAMS, lanes]}
   * @param x {@code [groups · 32]}
   * @param streams the first of them
   * @param streamBytes from each stream to the next
   * @param scales {@code [groups]} of {@link #SCALES_BYTES}
   * @param work as much room as sums
   */
  public static void oneRow(
      long sums, long x, long streams, long streamBytes, long scales, int groups, long work) {
    for (int group = 0; group < groups; group++) {
      long factors = scales + (long) group * SCALES_BYTES;
      multiply(
          work,
          x + (long) group * GROUP * Float.BYTES,
          streams + (long) group * GROUP_BYTES,
          streamBytes);
      for (int pair = 0; pair < STREAMS * V; pair += 2 * V) {
        addScaled(sums + pair, work + pair, factors + pair / 2);
      }
    }
  }

  /**
   * {@code sums += products·scales} for two streams. A kernel of its own, since there is an end to
   * what the compiler inlines into one.
   *
   * @param scales a vector of words, each with the first stream's in its low half
   */
  private static void addScaled(long sums, long products, long scales) {
    Memory.addProduct(sums, products, GroupLanes.scale(scales, 0));
    Memory.addProduct(sums + V, products + V, GroupLanes.scale(scales, 1));
  }

  /** {@code products = x·integers}, of one group. */
  private static void multiply(long products, long x, long first, long next) {
    FloatVector a = FloatVector.zero(Memory.FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    FloatVector e = a;
    FloatVector f = a;
    FloatVector g = a;
    FloatVector h = a;
    for (int input = 0; input < GROUP; input++) {
      FloatVector factor = Memory.broadcast(x + (long) input * Float.BYTES);
      long at = first + (long) input * Memory.LANES;
      a = GroupLanes.bytes(at).fma(factor, a);
      b = GroupLanes.bytes(at + next).fma(factor, b);
      c = GroupLanes.bytes(at + 2 * next).fma(factor, c);
      d = GroupLanes.bytes(at + 3 * next).fma(factor, d);
      e = GroupLanes.bytes(at + 4 * next).fma(factor, e);
      f = GroupLanes.bytes(at + 5 * next).fma(factor, f);
      g = GroupLanes.bytes(at + 6 * next).fma(factor, g);
      h = GroupLanes.bytes(at + 7 * next).fma(factor, h);
    }
    Memory.store(a, b, c, d, products);
    Memory.store(e, f, g, h, products + 4L * V);
  }

  /**
   * Makes float32 of a group of a stream.
   *
   * @param out {@code [32, lanes]}, its rows {@code outBytes} apart
   * @param scales the words that have its scales
   * @param half in which half of them
   */
  public static void widen(long out, long outBytes, long group, long scales, int half) {
    FloatVector factors = GroupLanes.scale(scales, half);
    for (int input = 0; input < GROUP; input++) {
      FloatVector integers = GroupLanes.bytes(group + (long) input * Memory.LANES);
      Memory.store(integers.mul(factors), out + input * outBytes);
    }
  }
}
