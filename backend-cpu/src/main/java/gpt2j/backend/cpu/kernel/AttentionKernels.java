package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Memory;
import gpt2j.backend.cpu.simd.VectorMath;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** The two products of attention, for one query and for four. */
public final class AttentionKernels {
  private static final int VECTOR = Memory.VECTOR;

  private AttentionKernels() {}

  /**
   * {@code scores[position] = scale · query·key[position]}.
   *
   * @param keys {@code [blocks, headSize, lanes]}
   */
  public static void oneScore(
      long scores, long query, long keys, int blocks, int headSize, float scale) {
    long blockBytes = (long) headSize * VECTOR;
    FloatVector factor = VectorMath.constant(scale);
    int block = 0;
    for (; block + 4 <= blocks; block += 4) {
      long k0 = keys + block * blockBytes;
      long k1 = k0 + blockBytes;
      long k2 = k1 + blockBytes;
      long k3 = k2 + blockBytes;
      FloatVector a = FloatVector.zero(Memory.FLOATS);
      FloatVector b = a;
      FloatVector c = a;
      FloatVector d = a;
      for (int i = 0; i < headSize; i++) {
        FloatVector q = Memory.broadcast(query + (long) i * Float.BYTES);
        long at = (long) i * VECTOR;
        a = Memory.load(k0 + at).fma(q, a);
        b = Memory.load(k1 + at).fma(q, b);
        c = Memory.load(k2 + at).fma(q, c);
        d = Memory.load(k3 + at).fma(q, d);
      }
      long to = scores + (long) block * VECTOR;
      Memory.store(factor.mul(a), to);
      Memory.store(factor.mul(b), to + VECTOR);
      Memory.store(factor.mul(c), to + 2L * VECTOR);
      Memory.store(factor.mul(d), to + 3L * VECTOR);
    }
    for (; block < blocks; block++) {
      long k = keys + block * blockBytes;
      FloatVector a = FloatVector.zero(Memory.FLOATS);
      for (int i = 0; i < headSize; i++) {
        FloatVector q = Memory.broadcast(query + (long) i * Float.BYTES);
        a = Memory.load(k + (long) i * VECTOR).fma(q, a);
      }
      Memory.store(factor.mul(a), scores + (long) block * VECTOR);
    }
  }

  /**
   * The same for four queries.
   *
   * @param stride distance between the scores of two queries, in bytes
   * @param queryBytes distance between two queries
   */
  public static void fourScores(
      long scores,
      long stride,
      long query,
      long queryBytes,
      long keys,
      int blocks,
      int headSize,
      float scale) {
    long blockBytes = (long) headSize * VECTOR;
    FloatVector factor = VectorMath.constant(scale);
    for (int block = 0; block < blocks; block++) {
      long k = keys + block * blockBytes;
      FloatVector a = FloatVector.zero(Memory.FLOATS);
      FloatVector b = a;
      FloatVector c = a;
      FloatVector d = a;
      for (int i = 0; i < headSize; i++) {
        FloatVector key = Memory.load(k + (long) i * VECTOR);
        long q = query + (long) i * Float.BYTES;
        a = key.fma(Memory.broadcast(q), a);
        b = key.fma(Memory.broadcast(q + queryBytes), b);
        c = key.fma(Memory.broadcast(q + 2 * queryBytes), c);
        d = key.fma(Memory.broadcast(q + 3 * queryBytes), d);
      }
      long to = scores + (long) block * VECTOR;
      Memory.store(factor.mul(a), to);
      Memory.store(factor.mul(b), to + stride);
      Memory.store(factor.mul(c), to + 2 * stride);
      Memory.store(factor.mul(d), to + 3 * stride);
    }
  }

  /**
   * {@code out = Σ probability[position] · value[position]}.
   *
   * @param values rows of {@code headSize} numbers, {@code rowBytes} apart
   * @param length how many positions
   */
  public static void oneSum(
      long out, long probabilities, long values, long rowBytes, int length, int headSize) {
    int whole = headSize / Memory.LANES;
    int vector = 0;
    for (; vector + 4 <= whole; vector += 4) {
      long column = values + (long) vector * VECTOR;
      FloatVector a = FloatVector.zero(Memory.FLOATS);
      FloatVector b = a;
      FloatVector c = a;
      FloatVector d = a;
      for (int i = 0; i < length; i++) {
        FloatVector p = Memory.broadcast(probabilities + (long) i * Float.BYTES);
        long value = column + i * rowBytes;
        a = Memory.load(value).fma(p, a);
        b = Memory.load(value + VECTOR).fma(p, b);
        c = Memory.load(value + 2L * VECTOR).fma(p, c);
        d = Memory.load(value + 3L * VECTOR).fma(p, d);
      }
      long to = out + (long) vector * VECTOR;
      Memory.store(a, to);
      Memory.store(b, to + VECTOR);
      Memory.store(c, to + 2L * VECTOR);
      Memory.store(d, to + 3L * VECTOR);
    }
    for (; vector * Memory.LANES < headSize; vector++) {
      long column = values + (long) vector * VECTOR;
      FloatVector a = FloatVector.zero(Memory.FLOATS);
      for (int i = 0; i < length; i++) {
        FloatVector p = Memory.broadcast(probabilities + (long) i * Float.BYTES);
        a = Memory.load(column + i * rowBytes).fma(p, a);
      }
      VectorMask<Float> inside = Memory.first(headSize - vector * Memory.LANES);
      Memory.store(a, out + (long) vector * VECTOR, inside);
    }
  }

  /**
   * The same for four queries.
   *
   * @param outBytes distance between two outputs
   * @param stride distance between the probabilities of two queries, in bytes
   */
  public static void fourSums(
      long out,
      long outBytes,
      long probabilities,
      long stride,
      long values,
      long rowBytes,
      int length,
      int headSize) {
    for (int vector = 0; vector * Memory.LANES < headSize; vector++) {
      long column = values + (long) vector * VECTOR;
      FloatVector a = FloatVector.zero(Memory.FLOATS);
      FloatVector b = a;
      FloatVector c = a;
      FloatVector d = a;
      for (int i = 0; i < length; i++) {
        FloatVector value = Memory.load(column + i * rowBytes);
        long p = probabilities + (long) i * Float.BYTES;
        a = value.fma(Memory.broadcast(p), a);
        b = value.fma(Memory.broadcast(p + stride), b);
        c = value.fma(Memory.broadcast(p + 2 * stride), c);
        d = value.fma(Memory.broadcast(p + 3 * stride), d);
      }
      VectorMask<Float> inside = Memory.first(headSize - vector * Memory.LANES);
      long to = out + (long) vector * VECTOR;
      Memory.store(a, to, inside);
      Memory.store(b, to + outBytes, inside);
      Memory.store(c, to + 2 * outBytes, inside);
      Memory.store(d, to + 3 * outBytes, inside);
    }
  }

  /**
   * {@code out += Σ probability[position] · value[position]}: goes on where {@link #oneSum} or
   * {@link #fourSums} has stopped, as if it had not.
   *
   * @param values rows of {@code headSize} numbers, {@code rowBytes} apart
   * @param length how many positions
   */
  public static void addSum(
      long out, long probabilities, long values, long rowBytes, int length, int headSize) {
    int whole = headSize / Memory.LANES;
    int vector = 0;
    for (; vector + 4 <= whole; vector += 4) {
      long column = values + (long) vector * VECTOR;
      long to = out + (long) vector * VECTOR;
      FloatVector a = Memory.load(to);
      FloatVector b = Memory.load(to + VECTOR);
      FloatVector c = Memory.load(to + 2L * VECTOR);
      FloatVector d = Memory.load(to + 3L * VECTOR);
      for (int i = 0; i < length; i++) {
        FloatVector p = Memory.broadcast(probabilities + (long) i * Float.BYTES);
        long value = column + i * rowBytes;
        a = Memory.load(value).fma(p, a);
        b = Memory.load(value + VECTOR).fma(p, b);
        c = Memory.load(value + 2L * VECTOR).fma(p, c);
        d = Memory.load(value + 3L * VECTOR).fma(p, d);
      }
      Memory.store(a, b, c, d, to);
    }
    for (; vector * Memory.LANES < headSize; vector++) {
      long column = values + (long) vector * VECTOR;
      long to = out + (long) vector * VECTOR;
      VectorMask<Float> inside = Memory.first(headSize - vector * Memory.LANES);
      FloatVector a = Memory.load(to, inside);
      for (int i = 0; i < length; i++) {
        FloatVector p = Memory.broadcast(probabilities + (long) i * Float.BYTES);
        a = Memory.load(column + i * rowBytes).fma(p, a);
      }
      Memory.store(a, to, inside);
    }
  }
}
