package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.F16Lanes;
import gpt2j.backend.cpu.simd.GroupLanes;
import gpt2j.backend.cpu.simd.Memory;
import gpt2j.backend.cpu.simd.VectorMath;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** Widens keys and values of eight bits, in groups of 32 elements that share a scale. */
public final class Q8CacheKernels {
  private static final int GROUP = GroupLanes.GROUP;
  private static final int VECTOR = Memory.VECTOR;

  private Q8CacheKernels() {}

  /**
   * Widens one block of keys, of as many positions as a vector has lanes.
   *
   * @param to {@code [headSize, lanes]}
   * @param keys {@code [groups, 32, lanes]} of bytes with a sign
   * @param scales {@code [groups / 2, lanes]} of words: float16 of a group, and of the next above
   *     it
   */
  public static void widenKeys(long to, long keys, long scales, int headSize) {
    for (int first = 0; first < headSize; first += 2 * GROUP) {
      IntVector pairs = Memory.loadInts(scales + (long) first / (2 * GROUP) * VECTOR);
      int middle = Math.min(headSize, first + GROUP);
      int end = Math.min(headSize, first + 2 * GROUP);
      FloatVector scale = F16Lanes.low(pairs);
      FloatVector next = F16Lanes.high(pairs);
      for (int i = first; i < middle; i++) {
        FloatVector integers = GroupLanes.bytes(keys + (long) i * Memory.LANES);
        Memory.store(integers.mul(scale), to + (long) i * VECTOR);
      }
      for (int i = middle; i < end; i++) {
        FloatVector integers = GroupLanes.bytes(keys + (long) i * Memory.LANES);
        Memory.store(integers.mul(next), to + (long) i * VECTOR);
      }
    }
  }

  /**
   * Widens values.
   *
   * @param to {@code [rows]} of {@code vectors} vectors
   * @param values {@code [rows]} of {@code groups·32} bytes with a sign and {@code groups} scales,
   *     float16
   */
  public static void widenValues(long to, long values, int vectors, int groups, int rows) {
    long rowBytes = (long) groups * (GROUP + Short.BYTES);
    int share = GROUP / Memory.LANES; // vectors of a group
    for (int row = 0; row < rows; row++) {
      long source = values + row * rowBytes;
      long scales = source + (long) groups * GROUP;
      long target = to + (long) row * vectors * VECTOR;
      for (int vector = 0; vector < vectors; vector++) {
        long scale = scales + (long) (vector / share) * Short.BYTES;
        FloatVector factor = VectorMath.constant(Float.float16ToFloat(Memory.getShort(scale)));
        FloatVector integers = GroupLanes.bytes(source + (long) vector * Memory.LANES);
        Memory.store(integers.mul(factor), target + (long) vector * VECTOR);
      }
    }
  }
}
