package gpt2j.bench.visualize;

import java.util.Arrays;
import java.util.List;

/** Ends for colour scales. */
final class ScaleLimits {
  private static final double QUANTILE = 0.995;

  /**
   * The part of the steps for whose attention a chart has room. The first tokens, and a few others,
   * give nearly all of it to one or two; bars of all others would be too low to be seen.
   */
  private static final double MOST_STEPS = 0.75;

  private ScaleLimits() {}

  /**
   * A round number that few magnitudes exceed. A few of GPT-2's key dimensions are much larger than
   * all others, and would leave the others without colour.
   */
  static float magnitude(List<float[]> vectors) {
    float[] magnitudes = new float[vectors.stream().mapToInt(vector -> vector.length).sum()];
    int count = 0;
    for (float[] vector : vectors) {
      for (float value : vector) {
        if (Float.isFinite(value)) {
          magnitudes[count++] = Math.abs(value);
        }
      }
    }
    Arrays.sort(magnitudes, 0, count);
    return count == 0 ? 1 : roundUp(magnitudes[(int) Math.floor(QUANTILE * (count - 1))]);
  }

  /** A round number that the largest attention of most steps doesn't exceed. */
  static float attention(KvTrace trace) {
    double[] largest =
        trace.steps().stream().mapToDouble(step -> largest(step.attention())).sorted().toArray();
    int rank = (int) Math.ceil(MOST_STEPS * (largest.length - 1));
    return Math.min(1, roundUp((float) largest[rank]));
  }

  private static float largest(float... probabilities) {
    float largest = 0;
    for (float probability : probabilities) {
      largest = Math.max(largest, probability);
    }
    return largest;
  }

  /** The next number of the form 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten. */
  static float roundUp(float value) {
    if (!(value > Float.MIN_NORMAL)) {
      return 1;
    }
    double power = Math.pow(10, Math.floor(Math.log10(value)));
    for (double digit : new double[] {1, 1.5, 2, 3, 4, 5, 6, 8}) {
      if (digit * power >= value * (1 - 1e-6)) {
        return (float) (digit * power);
      }
    }
    return (float) (10 * power);
  }
}
