package gpt2j.testkit;

import java.util.List;
import org.junit.jupiter.api.Assertions;

/**
 * What a test shows of its results.
 *
 * @param label which result
 * @param width values per row
 * @param values floats or integers
 * @param tolerance how far a value may be off, relative to the larger of 1 and itself
 */
record Reading(String label, int width, double[] values, double tolerance) {
  static void assertEqual(List<Reading> expected, List<Reading> actual) {
    Assertions.assertEquals(expected.size(), actual.size(), "number of results");
    for (int i = 0; i < expected.size(); i++) {
      expected.get(i).assertClose(actual.get(i));
    }
  }

  static void assertSame(List<Reading> first, List<Reading> second) {
    Assertions.assertEquals(first.size(), second.size(), "number of results");
    for (int i = 0; i < first.size(); i++) {
      Assertions.assertArrayEquals(
          first.get(i).values, second.get(i).values, first.get(i).label + ": the same work twice");
    }
  }

  void assertClose(Reading actual) {
    Assertions.assertEquals(values.length, actual.values.length, label + ": number of values");
    int wrong = 0;
    int worst = 0;
    double worstExcess = 0;
    for (int i = 0; i < values.length; i++) {
      double excess = excess(values[i], actual.values[i]);
      if (!(excess <= 1)) {
        wrong++;
        if (!(excess <= worstExcess)) {
          worst = i;
          worstExcess = excess;
        }
      }
    }
    if (wrong > 0) {
      Assertions.fail(
          "%s: %d of %d values are wrong; in row %d, column %d: %s instead of %s (tolerance %s)"
              .formatted(
                  label,
                  wrong,
                  values.length,
                  worst / width,
                  worst % width,
                  actual.values[worst],
                  values[worst],
                  tolerance));
    }
  }

  /** The error in units of what is allowed. */
  private double excess(double expected, double actual) {
    if (Double.compare(expected, actual) == 0 || expected == actual) {
      return 0;
    }
    if (!Double.isFinite(expected) || !Double.isFinite(actual)) {
      return Double.POSITIVE_INFINITY;
    }
    double allowed = tolerance * Math.max(1, Math.abs(expected));
    return Math.abs(actual - expected) / allowed;
  }
}
