package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Memory;
import gpt2j.backend.cpu.simd.VectorMath;
import jdk.incubator.vector.FloatVector;

/**
 * The backward pass of {@link LayerNorm}. With x̂ = (x − mean)·r, r the inverse of the deviation,
 * and g = gain·outGradient, the gradient of x is {@code r · (g − mean(g) − x̂ · mean(g·x̂))}.
 */
public final class LayerNormBackwardKernels {
  private LayerNormBackwardKernels() {}

  /** Adds the gradient of one row of x. */
  public static void addRow(
      long xGradient, long outGradient, long x, long gain, float mean, float factor, int width) {
    float meanOfG = sum(outGradient, gain, width) / width;
    float meanOfProduct = sumOfProducts(outGradient, gain, x, mean, width) * factor / width;
    // r·(g − mean(g) − (x − mean)·r·mean(g·x̂)), with as little as possible for each element
    addRow(xGradient, outGradient, x, gain, mean, factor, meanOfG, meanOfProduct * factor, width);
  }

  /** {@code Σ gain·outGradient}. */
  private static float sum(long outGradient, long gain, int width) {
    int whole = width - width % Memory.LANES;
    FloatVector sums = FloatVector.zero(Memory.FLOATS);
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      sums = Memory.load(outGradient + at).fma(Memory.load(gain + at), sums);
    }
    float sum = Memory.sum(sums);
    for (int i = whole; i < width; i++) {
      long at = (long) i * Float.BYTES;
      sum = Math.fma(Memory.get(outGradient + at), Memory.get(gain + at), sum);
    }
    return sum;
  }

  /** {@code Σ gain·outGradient·(x − mean)}. */
  private static float sumOfProducts(long outGradient, long gain, long x, float mean, int width) {
    int whole = width - width % Memory.LANES;
    FloatVector means = VectorMath.constant(mean);
    FloatVector sums = FloatVector.zero(Memory.FLOATS);
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector g = Memory.load(outGradient + at).mul(Memory.load(gain + at));
      sums = g.fma(Memory.load(x + at).sub(means), sums);
    }
    float sum = Memory.sum(sums);
    for (int i = whole; i < width; i++) {
      long at = (long) i * Float.BYTES;
      float g = Memory.get(outGradient + at) * Memory.get(gain + at);
      sum = Math.fma(g, Memory.get(x + at) - mean, sum);
    }
    return sum;
  }

  private static void addRow(
      long xGradient,
      long outGradient,
      long x,
      long gain,
      float mean,
      float factor,
      float offset,
      float slope,
      int width) {
    int whole = width - width % Memory.LANES;
    FloatVector minusSlope = VectorMath.constant(-slope);
    FloatVector factors = VectorMath.constant(factor);
    FloatVector means = VectorMath.constant(mean);
    FloatVector offsets = VectorMath.constant(offset);
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector g = Memory.load(outGradient + at).mul(Memory.load(gain + at)).sub(offsets);
      FloatVector difference = Memory.load(x + at).sub(means).fma(minusSlope, g);
      Memory.store(difference.fma(factors, Memory.load(xGradient + at)), xGradient + at);
    }
    for (int i = whole; i < width; i++) {
      long at = (long) i * Float.BYTES;
      float g = Memory.get(outGradient + at) * Memory.get(gain + at) - offset;
      float difference = Math.fma(Memory.get(x + at) - mean, -slope, g);
      Memory.set(xGradient + at, Math.fma(difference, factor, Memory.get(xGradient + at)));
    }
  }

  /**
   * Adds to the gradients of gain and bias in one vector of columns, exactly as {@link ColumnSums}.
   *
   * @param gainGradient where the first column's gradient is added; so are the other addresses
   * @param means of all rows
   * @param factors of all rows
   * @param columns how many of them belong to the matrix, if that is less than a vector has
   */
  public static void addColumns(
      long gainGradient,
      long biasGradient,
      long outGradient,
      long x,
      long means,
      long factors,
      long rowBytes,
      int rows,
      int columns) {
    FloatVector gains = FloatVector.zero(Memory.FLOATS);
    FloatVector lostGains = gains;
    FloatVector biases = gains;
    FloatVector lostBiases = gains;
    for (int row = 0; row < rows; row++) {
      long at = row * rowBytes;
      FloatVector mean = Memory.broadcast(means + (long) row * Float.BYTES);
      FloatVector factor = Memory.broadcast(factors + (long) row * Float.BYTES);
      FloatVector g = Memory.load(outGradient + at);
      FloatVector bias = g.sub(lostBiases);
      FloatVector sum = bias.add(biases);
      lostBiases = sum.sub(biases).sub(bias);
      biases = sum;
      FloatVector gain = Memory.load(x + at).sub(mean).mul(factor).mul(g).sub(lostGains);
      sum = gain.add(gains);
      lostGains = sum.sub(gains).sub(gain);
      gains = sum;
    }
    Memory.addTo(biasGradient, biases, columns);
    Memory.addTo(gainGradient, gains, columns);
  }
}
