package gpt2j.testkit;

import gpt2j.api.training.TrainingOperations;
import java.util.Arrays;

/** The forward passes of training in float64, as they are written in papers. */
final class TrainingFormulas {
  private TrainingFormulas() {}

  /** {@code [n, C]}. */
  static double[] embed(double[] wte, double[] wpe, int[] tokens, int width, int sequenceLength) {
    double[] out = new double[tokens.length * width];
    for (int i = 0; i < out.length; i++) {
      int row = i / width;
      int column = i % width;
      out[i] = wte[tokens[row] * width + column] + wpe[row % sequenceLength * width + column];
    }
    return out;
  }

  /** {@code [n, C]}. */
  static double[] layerNorm(double[] x, double[] gain, double[] bias, double epsilon) {
    int width = gain.length;
    double[] out = new double[x.length];
    for (int from = 0; from < x.length; from += width) {
      double[] row = Arrays.copyOfRange(x, from, from + width); // [C]
      double mean = Arrays.stream(row).average().orElseThrow();
      double variance =
          Arrays.stream(row).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
      for (int c = 0; c < width; c++) {
        out[from + c] = (row[c] - mean) / Math.sqrt(variance + epsilon) * gain[c] + bias[c];
      }
    }
    return out;
  }

  /** {@code [n, outputs]}: {@code x [n, inputs] · weight [inputs, outputs] + bias}. */
  static double[] linear(double[] x, double[] weight, double[] bias) {
    int outputs = bias.length;
    int inputs = weight.length / outputs;
    double[] out = new double[x.length / inputs * outputs];
    for (int i = 0; i < out.length; i++) {
      out[i] = bias[i % outputs];
      for (int k = 0; k < inputs; k++) {
        out[i] += x[i / outputs * inputs + k] * weight[k * outputs + i % outputs];
      }
    }
    return out;
  }

  /** {@code [n, V]}: {@code x [n, C] · wteᵀ}. */
  static double[] logits(double[] x, double[] wte, int width) {
    int vocabulary = wte.length / width;
    double[] transposed = new double[wte.length]; // [C, V]
    for (int i = 0; i < wte.length; i++) {
      transposed[i % width * vocabulary + i / width] = wte[i];
    }
    return linear(x, transposed, new double[vocabulary]);
  }

  /** {@code [n, C]} of qkv {@code [n, 3C]}. */
  static double[] attention(
      double[] qkv, int width, int sequenceLength, int heads, double scale, DropoutMask mask) {
    int size = width / heads;
    int rows = qkv.length / (3 * width);
    double[] out = new double[rows * width];
    for (int row = 0; row < rows; row++) {
      int first = row / sequenceLength * sequenceLength;
      for (int column = 0; column < width; column++) {
        int head = column / size;
        double numerator = 0;
        double denominator = 0;
        for (int other = first; other <= row; other++) {
          double score = 0;
          for (int c = head * size; c < (head + 1) * size; c++) {
            score += qkv[row * 3 * width + c] * qkv[other * 3 * width + width + c];
          }
          double weight = Math.exp(scale * score);
          long element = ((long) row * heads + head) * sequenceLength + other - first;
          double value = qkv[other * 3 * width + 2 * width + column];
          numerator += weight * mask.factor(element) * value;
          denominator += weight;
        }
        out[row * width + column] = numerator / denominator;
      }
    }
    return out;
  }

  /** {@code [n]}: the losses of logits {@code [n, V]}. */
  static double[] crossEntropy(double[] logits, int[] targets) {
    int vocabulary = logits.length / targets.length;
    double[] losses = new double[targets.length];
    for (int row = 0; row < losses.length; row++) {
      if (targets[row] == TrainingOperations.IGNORED_TARGET) {
        continue;
      }
      double sum = 0;
      for (int token = 0; token < vocabulary; token++) {
        sum += Math.exp(logits[row * vocabulary + token]);
      }
      losses[row] = -Math.log(Math.exp(logits[row * vocabulary + targets[row]]) / sum);
    }
    return losses;
  }
}
