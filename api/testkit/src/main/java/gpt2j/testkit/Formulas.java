package gpt2j.testkit;

import gpt2j.api.tensor.GeluForm;

/** The formulas of GPT-2, on one row each. */
final class Formulas {
  private Formulas() {}

  /** {@code (x − mean) / √(variance + epsilon) · gain + bias}; all {@code [C]}. */
  static float[] layerNorm(float[] x, float[] gain, float[] bias, float epsilon) {
    double mean = mean(x);
    double deviation = Math.sqrt(variance(x, mean) + epsilon);
    float[] normalized = new float[x.length]; // [C]
    for (int c = 0; c < x.length; c++) {
      normalized[c] = (float) ((x[c] - mean) / deviation * gain[c] + bias[c]);
    }
    return normalized;
  }

  static double mean(float[] x) {
    double sum = 0;
    for (float value : x) {
      sum += value;
    }
    return sum / x.length;
  }

  /** The mean of squared differences from the mean; divided by their number, not by one less. */
  static double variance(float[] x, double mean) {
    double sum = 0;
    for (float value : x) {
      sum += (value - mean) * (value - mean);
    }
    return sum / x.length;
  }

  static double gelu(GeluForm form, double v) {
    return switch (form) {
      case TANH -> geluTanh(v);
      case ERF -> geluErf(v);
    };
  }

  /** The derivative of {@link #gelu}. */
  static double geluDerivative(GeluForm form, double v) {
    return switch (form) {
      case TANH -> {
        double root = Math.sqrt(2 / Math.PI);
        double tanh = Math.tanh(root * (v + 0.044715 * v * v * v));
        double slope = root * (1 + 3 * 0.044715 * v * v);
        double steepness = 1 - tanh * tanh; // 0 where the slope is infinite
        yield (1 + tanh) / 2 + (steepness == 0 ? 0 : v / 2 * steepness * slope);
      }
      case ERF -> {
        double density = Math.exp(-v * v / 2) / Math.sqrt(2 * Math.PI);
        yield (1 + Erf.of(v / Math.sqrt(2))) / 2 + v * density;
      }
    };
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
   * One head's scores: {@code scale · q·Kᵀ} over the first {@code count} positions.
   *
   * @param keys {@code [capacity, width]}, of which the head has {@code size} columns from {@code
   *     column} on
   * @param query {@code [≥ width]}, with the head's query in the same columns
   * @return {@code [count]}
   */
  static double[] scores(
      float[] keys, int count, int width, float[] query, int column, int size, float scale) {
    double[] scores = new double[count];
    for (int t = 0; t < count; t++) {
      scores[t] = scale * dot(query, column, keys, t * width + column, size);
    }
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
  static void softmax(double[] scores) {
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

  /** {@code softmax(logits)}. */
  static double[] softmax(float[] logits) {
    double[] p = new double[logits.length];
    for (int i = 0; i < p.length; i++) {
      p[i] = logits[i];
    }
    softmax(p);
    return p;
  }

  /** {@code ln Σ exp(score)}. */
  static double logSumExp(double[] scores) {
    double largest = max(scores);
    double sum = 0;
    for (double score : scores) {
      sum += Math.exp(score - largest);
    }
    return largest + Math.log(sum);
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
