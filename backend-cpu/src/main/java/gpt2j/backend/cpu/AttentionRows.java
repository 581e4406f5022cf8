package gpt2j.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * What attention does with a row of scores between its matrix products. A row has room for whole
 * vectors; what lies behind its own positions becomes 0.
 */
final class AttentionRows {
  private AttentionRows() {}

  /**
   * Products of query and keys become probabilities.
   *
   * @param scores {@code length} of them, followed by anything
   * @param width how much of the row is wanted, in whole vectors; at least {@code length}
   * @return the logarithm of the softmax's denominator
   */
  static float softmax(long scores, int length, int width, float scale) {
    float max = scale(scores, length, scale);
    float sum = exponentiate(scores, length, max);
    multiply(scores, length, 1 / sum);
    clearBehind(scores, length, width);
    return (float) (max + Math.log(sum));
  }

  /** {@code x = factor·x}, minus infinity behind; returns the largest. */
  private static float scale(long x, int length, float factor) {
    int whole = length - length % Memory.LANES;
    FloatVector largest = VectorMath.constant(Float.NEGATIVE_INFINITY);
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = x + (long) i * Float.BYTES;
      FloatVector scaled = Memory.load(at).mul(factor);
      largest = scaled.max(largest);
      Memory.store(scaled, at);
    }
    if (whole < length) {
      long at = x + (long) whole * Float.BYTES;
      FloatVector scaled =
          Memory.load(at)
              .mul(factor)
              .blend(Float.NEGATIVE_INFINITY, Memory.first(length - whole).not());
      largest = scaled.max(largest);
      Memory.store(scaled, at);
    }
    return largest.reduceLanes(VectorOperators.MAX);
  }

  /** {@code x = e^(x − max)}; returns the sum. */
  private static float exponentiate(long x, int length, float max) {
    FloatVector sums = FloatVector.zero(Memory.FLOATS);
    for (int i = 0; i < length; i += Memory.LANES) {
      long at = x + (long) i * Float.BYTES;
      FloatVector e = VectorMath.exp(Memory.load(at).sub(max));
      sums = e.add(sums);
      Memory.store(e, at);
    }
    return Memory.sum(sums);
  }

  private static void multiply(long x, int length, float factor) {
    for (int i = 0; i < length; i += Memory.LANES) {
      long at = x + (long) i * Float.BYTES;
      Memory.store(Memory.load(at).mul(factor), at);
    }
  }

  /**
   * Products of query and keys become the probabilities that they were in the forward pass.
   *
   * @param width as in {@link #softmax}
   */
  static void probabilities(long scores, int length, int width, float scale, float logSumExp) {
    for (int i = 0; i < length; i += Memory.LANES) {
      long at = scores + (long) i * Float.BYTES;
      Memory.store(VectorMath.exp(Memory.load(at).mul(scale).sub(logSumExp)), at);
    }
    clearBehind(scores, length, width);
  }

  /**
   * Gradients of probabilities become gradients of the products of query and keys: {@code
   * probability · (gradient − dot) · scale}.
   *
   * @param dot the sum of probability · gradient
   */
  static void scoreGradients(
      long gradients, long probabilities, int length, int width, float dot, float scale) {
    for (int i = 0; i < length; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector difference = Memory.load(gradients + at).sub(dot).mul(scale);
      Memory.store(difference.mul(Memory.load(probabilities + at)), gradients + at);
    }
    clearBehind(gradients, length, width);
  }

  private static void clearBehind(long x, int length, int width) {
    int whole = length - length % Memory.LANES;
    if (whole < length) {
      long at = x + (long) whole * Float.BYTES;
      VectorMask<Float> outside = Memory.first(length - whole).not();
      Memory.store(Memory.load(at).blend(0, outside), at);
    }
    FloatVector zero = VectorMath.constant(0);
    for (int i = Memory.padded(length); i < width; i += Memory.LANES) {
      Memory.store(zero, x + (long) i * Float.BYTES);
    }
  }

  /** {@code Σ a·b}. */
  static float dot(long a, long b, int count) {
    int whole = count - count % Memory.LANES;
    VectorMask<Float> rest = Memory.first(count - whole);
    long last = (long) whole * Float.BYTES;
    FloatVector sums = Memory.load(a + last, rest).mul(Memory.load(b + last, rest));
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      sums = Memory.load(a + at).fma(Memory.load(b + at), sums);
    }
    return Memory.sum(sums);
  }
}
