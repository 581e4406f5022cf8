package gpt2j.integration;

import java.util.Arrays;

/** Logits compared as log-probabilities, in float64. */
final class LogProbabilities {
  private LogProbabilities() {}

  /** {@code logits − ln Σ exp(logits)}. */
  static double[] of(double[] logits) {
    double max = Arrays.stream(logits).max().orElseThrow();
    double sum = Arrays.stream(logits).map(logit -> Math.exp(logit - max)).sum();
    return Arrays.stream(logits).map(logit -> logit - max - Math.log(sum)).toArray();
  }

  static double[] of(float[] logits) {
    double[] doubles = new double[logits.length];
    Arrays.setAll(doubles, i -> logits[i]);
    return of(doubles);
  }

  /** The largest difference of two rows; infinite if one isn't a number. */
  static double difference(float[] logits, double[] expected) {
    if (logits.length != expected.length) {
      throw new AssertionError("%d logits instead of %d".formatted(logits.length, expected.length));
    }
    double[] a = of(logits);
    double[] b = of(expected);
    double largest = 0;
    for (int i = 0; i < a.length; i++) {
      double difference = Math.abs(a[i] - b[i]);
      largest = Math.max(largest, Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference);
    }
    return largest;
  }

  /** The largest difference of all rows. */
  static double difference(float[][] logits, double[][] expected) {
    if (logits.length != expected.length) {
      throw new AssertionError(
          "%d rows of logits instead of %d".formatted(logits.length, expected.length));
    }
    double largest = 0;
    for (int i = 0; i < logits.length; i++) {
      largest = Math.max(largest, difference(logits[i], expected[i]));
    }
    return largest;
  }
}
