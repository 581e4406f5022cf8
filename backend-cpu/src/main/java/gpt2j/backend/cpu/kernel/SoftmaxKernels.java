package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Memory;
import gpt2j.backend.cpu.simd.VectorMath;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * What attention does with a row of scores between its matrix products. A row has room for whole
 * vectors; what lies behind its own positions becomes 0.
 */
public final class SoftmaxKernels {
  private SoftmaxKernels() {}

  /**
   * Products of query and keys become probabilities.
   *
   * @param scores {@code length} of them, followed by anything
   * @param width how much of the row is wanted, in whole vectors; at least {@code length}
   * @return the logarithm of the softmax's denominator
   */
  public static float softmax(long scores, int length, int width, float scale) {
    setBehind(scores, length, Memory.get(scores)); // one that may be the largest
    float max = scale(scores, length, scale);
    setBehind(scores, length, Float.NEGATIVE_INFINITY);
    float sum = exponentiate(scores, length, max);
    multiply(scores, length, 1 / sum);
    clearBehind(scores, length, width);
    return (float) (max + Math.log(sum));
  }

  /** {@code x = factor·x}; returns the largest. */
  private static float scale(long x, int length, float factor) {
    FloatVector factors = VectorMath.constant(factor);
    FloatVector largest = VectorMath.constant(Float.NEGATIVE_INFINITY);
    for (int i = 0; i < length; i += Memory.LANES) {
      long at = x + (long) i * Float.BYTES;
      FloatVector scaled = Memory.load(at).mul(factors);
      largest = scaled.max(largest);
      Memory.store(scaled, at);
    }
    return largest.reduceLanes(VectorOperators.MAX);
  }

  /** {@code x = e^(x − max)}; returns the sum. */
  private static float exponentiate(long x, int length, float max) {
    FloatVector maxima = VectorMath.constant(max);
    FloatVector sums = FloatVector.zero(Memory.FLOATS);
    for (int i = 0; i < length; i += Memory.LANES) {
      long at = x + (long) i * Float.BYTES;
      FloatVector e = VectorMath.boundedExp(Memory.load(at).sub(maxima));
      sums = e.add(sums);
      Memory.store(e, at);
    }
    return Memory.sum(sums);
  }

  private static void multiply(long x, int length, float factor) {
    FloatVector factors = VectorMath.constant(factor);
    for (int i = 0; i < length; i += Memory.LANES) {
      long at = x + (long) i * Float.BYTES;
      Memory.store(Memory.load(at).mul(factors), at);
    }
  }

  /**
   * Products of query and keys become the probabilities that they were in the forward pass.
   *
   * @param width as in {@link #softmax}
   */
  public static void probabilities(
      long scores, int length, int width, float scale, float logSumExp) {
    FloatVector factors = VectorMath.constant(scale);
    FloatVector sums = VectorMath.constant(-logSumExp);
    for (int i = 0; i < length; i += Memory.LANES) {
      long at = scores + (long) i * Float.BYTES;
      Memory.store(VectorMath.boundedExp(Memory.load(at).fma(factors, sums)), at);
    }
    clearBehind(scores, length, width);
  }

  /**
   * Gradients of probabilities become gradients of the products of query and keys: {@code
   * probability · (gradient − dot) · scale}.
   *
   * @param dot the sum of probability · gradient
   */
  public static void scoreGradients(
      long gradients, long probabilities, int length, int width, float dot, float scale) {
    FloatVector dots = VectorMath.constant(dot);
    FloatVector factors = VectorMath.constant(scale);
    for (int i = 0; i < length; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector difference = Memory.load(gradients + at).sub(dots).mul(factors);
      Memory.store(difference.mul(Memory.load(probabilities + at)), gradients + at);
    }
    clearBehind(gradients, length, width);
  }

  private static void clearBehind(long x, int length, int width) {
    setBehind(x, length, 0);
    long end = x + (long) Memory.padded(length) * Float.BYTES;
    Memory.clearRow(end, width - Memory.padded(length));
  }

  /** Number by number, which is faster for less than a vector of them than a mask. */
  private static void setBehind(long x, int length, float value) {
    for (int i = length; i < Memory.padded(length); i++) {
      Memory.set(x + (long) i * Float.BYTES, value);
    }
  }

  /** {@code Σ a·b}. */
  public static float dot(long a, long b, int count) {
    int whole = count - count % Memory.LANES;
    FloatVector sums = FloatVector.zero(Memory.FLOATS);
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      sums = Memory.load(a + at).fma(Memory.load(b + at), sums);
    }
    float sum = Memory.sum(sums);
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      sum = Math.fma(Memory.get(a + at), Memory.get(b + at), sum);
    }
    return sum;
  }
}
