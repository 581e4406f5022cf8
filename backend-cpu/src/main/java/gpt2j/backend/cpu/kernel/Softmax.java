package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Memory;
import gpt2j.backend.cpu.simd.VectorMath;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Softmax and what is made of the same parts. */
public final class Softmax {
  /** Vectors whose sum stays in float32 before it goes on in float64. */
  private static final int CHUNK = 64;

  private Softmax() {}

  /** {@code x = softmax(x)}. */
  public static void inPlace(long x, int count) {
    float sum = exponentiate(x, count, max(x, count));
    scale(x, count, 1 / sum);
  }

  /** {@code x = e^(x − max)}; returns the sum. */
  private static float exponentiate(long x, int count, float max) {
    int whole = count - count % Memory.LANES;
    FloatVector sums = FloatVector.zero(Memory.FLOATS);
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = x + (long) i * Float.BYTES;
      FloatVector e = VectorMath.exp(Memory.load(at).sub(max));
      sums = e.add(sums);
      Memory.store(e, at);
    }
    float sum = Memory.sum(sums);
    for (int i = whole; i < count; i++) {
      long at = x + (long) i * Float.BYTES;
      float e = (float) Math.exp(Memory.get(at) - max);
      sum += e;
      Memory.set(at, e);
    }
    return sum;
  }

  private static void scale(long x, int count, float factor) {
    int whole = count - count % Memory.LANES;
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = x + (long) i * Float.BYTES;
      Memory.store(Memory.load(at).mul(factor), at);
    }
    for (int i = whole; i < count; i++) {
      long at = x + (long) i * Float.BYTES;
      Memory.set(at, Memory.get(at) * factor);
    }
  }

  /** {@code ln Σ e^x}: a logit minus this is its log-probability. */
  public static double logSumExp(long x, int count) {
    float max = max(x, count);
    return max + Math.log(sumOfExponentials(x, count, max));
  }

  /** {@code Σ e^(x − max)}. */
  static double sumOfExponentials(long x, int count, float max) {
    int whole = count - count % Memory.LANES;
    double sum = 0;
    for (int i = 0; i < whole; i += CHUNK * Memory.LANES) {
      int numbers = Math.min(CHUNK * Memory.LANES, whole - i);
      sum += chunk(x + (long) i * Float.BYTES, numbers, max);
    }
    for (int i = whole; i < count; i++) {
      sum += Math.exp(Memory.get(x + (long) i * Float.BYTES) - max);
    }
    return sum;
  }

  private static float chunk(long x, int count, float max) {
    FloatVector maxima = VectorMath.constant(max);
    FloatVector sums = FloatVector.zero(Memory.FLOATS);
    for (int i = 0; i < count; i += Memory.LANES) {
      FloatVector distance = Memory.load(x + (long) i * Float.BYTES).sub(maxima);
      sums = VectorMath.boundedExp(distance).add(sums);
    }
    return Memory.sum(sums);
  }

  /** The largest number; minus infinity of none. */
  public static float max(long x, int count) {
    int whole = count - count % Memory.LANES;
    FloatVector largest = VectorMath.constant(Float.NEGATIVE_INFINITY);
    for (int i = 0; i < whole; i += Memory.LANES) {
      largest = Memory.load(x + (long) i * Float.BYTES).max(largest);
    }
    float max = largest.reduceLanes(VectorOperators.MAX);
    for (int i = whole; i < count; i++) {
      max = Math.max(max, Memory.get(x + (long) i * Float.BYTES));
    }
    return max;
  }
}
