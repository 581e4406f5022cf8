package gpt2j.testkit;

/** Lists of float64. */
final class Doubles {
  private Doubles() {}

  static double[] of(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  static double[] sum(float[] a, double[] b) {
    double[] sum = b.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += a[i];
    }
    return sum;
  }

  static double dot(float[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < b.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
