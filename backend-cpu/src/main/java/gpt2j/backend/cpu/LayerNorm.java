package gpt2j.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Layer normalisation of one row. */
final class LayerNorm {
  private LayerNorm() {}

  /**
   * Normalises a row in two passes. The mean of the first is off by a rounding error, which matters
   * where the row is nearly constant; what is left is seen, and taken away too, in the second.
   */
  static void row(long out, long x, long gain, long bias, int width, float epsilon) {
    int whole = width - width % Memory.LANES;
    long end = (long) whole * Float.BYTES;
    VectorMask<Float> rest = Memory.first(width - whole);

    FloatVector sums = Memory.load(x + end, rest); // 0 outside the mask
    for (int i = 0; i < whole; i += Memory.LANES) {
      sums = Memory.load(x + (long) i * Float.BYTES).add(sums);
    }
    float mean = Memory.sum(sums) / width;

    FloatVector distances = Memory.load(x + end, rest).sub(mean).blend(0, rest.not());
    FloatVector squares = distances.mul(distances);
    for (int i = 0; i < whole; i += Memory.LANES) {
      FloatVector distance = Memory.load(x + (long) i * Float.BYTES).sub(mean);
      distances = distance.add(distances);
      squares = distance.fma(distance, squares);
    }
    float left = Memory.sum(distances) / width;
    float variance = Math.max(0, Memory.sum(squares) / width - left * left);

    float factor = (float) (1 / Math.sqrt(variance + epsilon));
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector normed = Memory.load(x + at).sub(mean).sub(left).mul(factor);
      Memory.store(normed.fma(Memory.load(gain + at), Memory.load(bias + at)), out + at);
    }
    if (whole < width) {
      FloatVector normed = Memory.load(x + end, rest).sub(mean).sub(left).mul(factor);
      FloatVector scaled = normed.fma(Memory.load(gain + end, rest), Memory.load(bias + end, rest));
      Memory.store(scaled, out + end, rest);
    }
  }
}
