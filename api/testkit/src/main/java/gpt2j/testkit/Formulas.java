package gpt2j.testkit;

/** The formulas of GPT-2, on one row each. */
final class Formulas {
  private Formulas() {}

  /** {@code (x − mean) / √(variance + epsilon) · gain + bias}; all {@code [C]}. */
  static float[] layerNorm(float[] x, float[] gain, float[] bias, float epsilon) {
    double mean = 0;
    for (float value : x) {
      mean += value;
    }
    mean /= x.length;
    double variance = 0;
    for (float value : x) {
      variance += (value - mean) * (value - mean);
    }
    variance /= x.length;
    double deviation = Math.sqrt(variance + epsilon);
    float[] normalized = new float[x.length]; // [C]
    for (int c = 0; c < x.length; c++) {
      normalized[c] = (float) ((x[c] - mean) / deviation * gain[c] + bias[c]);
    }
    return normalized;
  }

  /** Hendrycks and Gimpel 2016, the approximation. */
  static double geluTanh(double v) {
    return v / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v)));
  }

  /** Hendrycks and Gimpel 2016, the definition: {@code v · Φ(v)}. */
  static double geluErf(double v) {
    return v / 2 * (1 + Erf.of(v / Math.sqrt(2)));
  }

  /**
   * One head's attention: {@code softmax(scale · q·Kᵀ)} over the first {@code count} positions.
   *
   * @param keys {@code [capacity, width]}, of which the head has {@code size} columns from {@code
   *     column} on
   * @param query {@code [≥ width]}, with the head's query in the same columns
   * @return {@code [count]}
   */
  static double[] attentionTo(
      float[] keys, int count, int width, float[] query, int column, int size, float scale) {
    double[] scores = new double[count];
    for (int t = 0; t < count; t++) {
      scores[t] = scale * dot(query, column, keys, t * width + column, size);
    }
    softmax(scores);
    return scores;
  }

  /** {@code out = p·V} in the head's columns. */
  static void weightedSum(
      double[] p, float[] values, int width, float[] out, int column, int size) {
    for (int c = column; c < column + size; c++) {
      double sum = 0;
      for (int t = 0; t < p.length; t++) {
        sum += p[t] * values[t * width + c];
      }
      out[c] = (float) sum;
    }
  }

  private static double dot(float[] a, int aFrom, float[] b, int bFrom, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += (double) a[aFrom + i] * b[bFrom + i];
    }
    return sum;
  }

  /** The largest is subtracted first, so that nothing overflows. */
  private static void softmax(double[] scores) {
    double largest = max(scores);
    double sum = 0;
    for (int t = 0; t < scores.length; t++) {
      scores[t] = Math.exp(scores[t] - largest);
      sum += scores[t];
    }
    for (int t = 0; t < scores.length; t++) {
      scores[t] /= sum;
    }
  }

  private static double max(double[] values) {
    double max = values[0];
    for (double value : values) {
      max = Math.max(max, value);
    }
    return max;
  }

  /**
   * {@code −ln softmax(logits)[target] = ln Σ exp(logit − largest) − (logits[target] − largest)}.
   */
  static double crossEntropy(float[] logits, int target) {
    double largest = logits[0];
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    return Math.log(sum) - (logits[target] - largest);
  }
}
