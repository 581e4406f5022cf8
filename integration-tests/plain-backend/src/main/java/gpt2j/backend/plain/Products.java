package gpt2j.backend.plain;

import module gpt2j.api;
import module java.base;

/** Matrix products, each row by itself, and what is done with a product before it is stored. */
final class Products {
  private Products() {}

  /** {@code [n, inputs]·[inputs, outputs]} to {@code [n, outputs]}. */
  static void linear(HeapTensor out, HeapTensor x, HeapMatrix weights, Epilogue epilogue) {
    int width = weights.outputs();
    float[] matrix = weights.stored().floats();
    for (int i = 0; i < x.shape().rows(); i++) {
      int to = out.at(i);
      if (epilogue != Epilogue.ADD_TO_OUT) {
        Arrays.fill(out.floats(), to, to + width, 0);
      }
      for (int k = 0; k < weights.stored().shape().rows(); k++) { // the bias comes last
        float factor = k < weights.inputs() ? x.floats()[x.at(i) + k] : 1;
        addScaled(out.floats(), to, factor, matrix, k * width, width);
      }
      for (int j = to; j < to + width; j++) {
        out.floats()[j] = activated(out.floats()[j], epilogue);
      }
    }
  }

  /** {@code to += factor · from}: count elements of each. */
  static void addScaled(float[] to, int at, float factor, float[] from, int first, int count) {
    for (int c = 0; c < count; c++) {
      to[at + c] += factor * from[first + c];
    }
  }

  /** {@code [m, C]·[V, C]ᵀ} to {@code [m, V]}. */
  static void logits(HeapTensor out, HeapTensor x, HeapMatrix head) {
    for (int i = 0; i < x.shape().rows(); i++) {
      for (int v = 0; v < head.rows(); v++) {
        float logit = dot(x.floats(), x.at(i), head.stored().floats(), head.at(v), head.width());
        out.floats()[out.at(i) + v] = logit;
      }
    }
  }

  /** The sum of the products of count elements of each. */
  static float dot(float[] a, int firstOfA, float[] b, int firstOfB, int count) {
    float sum = 0;
    for (int c = 0; c < count; c++) {
      sum += a[firstOfA + c] * b[firstOfB + c];
    }
    return sum;
  }

  private static float activated(float v, Epilogue epilogue) {
    return switch (epilogue) {
      case NONE, ADD_TO_OUT -> v;
      case GELU_TANH ->
          (float) (v / 2.0 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v))));
      case GELU_ERF -> (float) (v / 2.0 * (1 + erf(v / Math.sqrt(2))));
    };
  }

  /** Abramowitz &amp; Stegun 1964, 7.1.26: off by 1.5e-7 at most. */
  private static double erf(double x) {
    double t = 1 / (1 + 0.3275911 * Math.abs(x));
    double sum = -1.453152027 + t * 1.061405429;
    sum = 0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * sum));
    return Math.copySign(1 - t * sum * Math.exp(-x * x), x);
  }
}
