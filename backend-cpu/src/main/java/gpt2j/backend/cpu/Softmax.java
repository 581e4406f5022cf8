package gpt2j.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Softmax and what is made of the same parts. */
final class Softmax {
  /** Vectors whose sum stays in float32 before it goes on in float64. */
  private static final int CHUNK = 64;

  private Softmax() {}

  /** {@code x = softmax(x)}. */
  static void inPlace(long x, int count) {
    float max = max(x, count);
    int whole = count - count % Memory.LANES;
    FloatVector sums = FloatVector.zero(Memory.FLOATS);
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = x + (long) i * Float.BYTES;
      FloatVector e = VectorMath.exp(Memory.load(at).sub(max));
      sums = sums.add(e);
      Memory.store(e, at);
    }
    VectorMask<Float> rest = Memory.first(count - whole);
    long end = x + (long) whole * Float.BYTES;
    if (whole < count) {
      FloatVector e = VectorMath.exp(Memory.load(end, rest).sub(max)).blend(0, rest.not());
      sums = sums.add(e);
      Memory.store(e, end, rest);
    }
    float factor = 1 / Memory.sum(sums);
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = x + (long) i * Float.BYTES;
      Memory.store(Memory.load(at).mul(factor), at);
    }
    if (whole < count) {
      Memory.store(Memory.load(end, rest).mul(factor), end, rest);
    }
  }

  /** {@code ln Σ e^x}: a logit minus this is its log-probability. */
  static double logSumExp(long x, int count) {
    float max = max(x, count);
    double sum = 0;
    int i = 0;
    while (i + Memory.LANES <= count) {
      FloatVector sums = FloatVector.zero(Memory.FLOATS);
      int end = Math.min(count, i + CHUNK * Memory.LANES);
      for (; i + Memory.LANES <= end; i += Memory.LANES) {
        sums = sums.add(VectorMath.exp(Memory.load(x + (long) i * Float.BYTES).sub(max)));
      }
      sum += Memory.sum(sums);
    }
    for (; i < count; i++) {
      sum += Math.exp(Memory.get(x + (long) i * Float.BYTES) - max);
    }
    return max + Math.log(sum);
  }

  /** The largest number; minus infinity of none. */
  static float max(long x, int count) {
    int whole = count - count % Memory.LANES;
    FloatVector largest = VectorMath.constant(Float.NEGATIVE_INFINITY);
    for (int i = 0; i < whole; i += Memory.LANES) {
      largest = largest.max(Memory.load(x + (long) i * Float.BYTES));
    }
    float max = largest.reduceLanes(VectorOperators.MAX);
    for (int i = whole; i < count; i++) {
      max = Math.max(max, Memory.get(x + (long) i * Float.BYTES));
    }
    return max;
  }
}
