package gpt2j.testkit;

/** Products of matrices, row-major, in float64. */
final class Products {
  private Products() {}

  /** {@code [n, outputs] = a [n, inputs] · b [inputs, outputs]}. */
  static double[] times(float[] a, float[] b, int inputs, int outputs) {
    int n = a.length / inputs;
    double[] product = new double[n * outputs];
    for (int row = 0; row < n; row++) {
      for (int i = 0; i < inputs; i++) {
        double factor = a[row * inputs + i];
        for (int o = 0; o < outputs; o++) {
          product[row * outputs + o] += factor * b[i * outputs + o];
        }
      }
    }
    return product;
  }

  /** {@code [n, outputs] = a [n, inputs] · bᵀ, b [outputs, inputs]}. */
  static double[] timesTransposed(float[] a, float[] b, int inputs, int outputs) {
    int n = a.length / inputs;
    double[] product = new double[n * outputs];
    for (int row = 0; row < n; row++) {
      for (int o = 0; o < outputs; o++) {
        double sum = 0;
        for (int i = 0; i < inputs; i++) {
          sum += (double) a[row * inputs + i] * b[o * inputs + i];
        }
        product[row * outputs + o] = sum;
      }
    }
    return product;
  }

  /** {@code [inputs, outputs] = aᵀ · b, a [n, inputs], b [n, outputs]}. */
  static double[] transposedTimes(float[] a, float[] b, int inputs, int outputs) {
    int n = a.length / inputs;
    double[] product = new double[inputs * outputs];
    for (int row = 0; row < n; row++) {
      for (int i = 0; i < inputs; i++) {
        double factor = a[row * inputs + i];
        for (int o = 0; o < outputs; o++) {
          product[i * outputs + o] += factor * b[row * outputs + o];
        }
      }
    }
    return product;
  }

  /** {@code [columns]}: the sum of a's rows. */
  static double[] sumOfRows(float[] a, int columns) {
    double[] sums = new double[columns];
    for (int i = 0; i < a.length; i++) {
      sums[i % columns] += a[i];
    }
    return sums;
  }
}
