package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Memory;
import gpt2j.backend.cpu.simd.VectorMath;
import jdk.incubator.vector.FloatVector;

/**
 * Layer normalisation of one row. In several methods because the compiler inlines only so much into
 * one, and a vector that is passed to a method that isn't inlined becomes an object.
 */
public final class LayerNorm {
  private LayerNorm() {}

  /**
   * Normalises a row. The first mean is off by a rounding error, which matters where the row is
   * nearly constant; so the mean of what is left is taken away too.
   */
  public static void row(long out, long x, long gain, long bias, int width, float epsilon) {
    float mean = sum(x, 0, width) / width;
    float left = sum(x, mean, width) / width;
    float variance = squares(x, mean, left, width) / width;
    float factor = (float) (1 / Math.sqrt(variance + epsilon));
    scale(out, x, gain, bias, mean, left, factor, width);
  }

  /**
   * The same, and keeps what the backward pass needs.
   *
   * @param meanAt where the row's mean goes
   * @param factorAt where the inverse of its deviation goes
   */
  public static void rowKeeping(
      long out,
      long meanAt,
      long factorAt,
      long x,
      long gain,
      long bias,
      int width,
      float epsilon) {
    float mean = sum(x, 0, width) / width;
    float left = sum(x, mean, width) / width;
    float variance = squares(x, mean, left, width) / width;
    float factor = (float) (1 / Math.sqrt(variance + epsilon));
    scale(out, x, gain, bias, mean, left, factor, width);
    Memory.set(meanAt, mean + left);
    Memory.set(factorAt, factor);
  }

  /** {@code Σ (x − mean)}. */
  private static float sum(long x, float mean, int width) {
    int whole = width - width % Memory.LANES;
    FloatVector means = VectorMath.constant(mean);
    FloatVector sums = FloatVector.zero(Memory.FLOATS);
    for (int i = 0; i < whole; i += Memory.LANES) {
      sums = Memory.load(x + (long) i * Float.BYTES).sub(means).add(sums);
    }
    float sum = Memory.sum(sums);
    for (int i = whole; i < width; i++) {
      sum += Memory.get(x + (long) i * Float.BYTES) - mean;
    }
    return sum;
  }

  /** {@code Σ (x − mean − left)²}. */
  private static float squares(long x, float mean, float left, int width) {
    int whole = width - width % Memory.LANES;
    FloatVector means = VectorMath.constant(mean);
    FloatVector rests = VectorMath.constant(left);
    FloatVector squares = FloatVector.zero(Memory.FLOATS);
    for (int i = 0; i < whole; i += Memory.LANES) {
      FloatVector distance = Memory.load(x + (long) i * Float.BYTES).sub(means).sub(rests);
      squares = distance.fma(distance, squares);
    }
    float sum = Memory.sum(squares);
    for (int i = whole; i < width; i++) {
      float distance = Memory.get(x + (long) i * Float.BYTES) - mean - left;
      sum = Math.fma(distance, distance, sum);
    }
    return sum;
  }

  /** {@code out = (x − mean − left) · factor · gain + bias}. */
  private static void scale(
      long out, long x, long gain, long bias, float mean, float left, float factor, int width) {
    int whole = width - width % Memory.LANES;
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector normed = Memory.load(x + at).sub(mean).sub(left).mul(factor);
      Memory.store(normed.fma(Memory.load(gain + at), Memory.load(bias + at)), out + at);
    }
    for (int i = whole; i < width; i++) {
      long at = (long) i * Float.BYTES;
      float normed = (Memory.get(x + at) - mean - left) * factor;
      Memory.set(out + at, Math.fma(normed, Memory.get(gain + at), Memory.get(bias + at)));
    }
  }
}
