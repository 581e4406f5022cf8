package gpt2j.testkit;

import gpt2j.api.training.TrainingOperations;
import java.util.Map;
import java.util.TreeMap;

/** Embedding, layer norm and cross-entropy of training, row by row. */
final class ReferenceTrainingRows {
  void embed(
      ReferenceTensor out,
      int[] tokens,
      ReferenceTensor wte,
      ReferenceTensor wpe,
      int sequenceLength) {
    for (int row = 0; row < tokens.length; row++) {
      float[] sum = wte.row(existing(tokens[row], wte)); // [C]
      float[] position = wpe.row(row % sequenceLength); // [C]
      for (int c = 0; c < sum.length; c++) {
        sum[c] += position[c];
      }
      out.setRow(row, sum);
    }
  }

  void embedBackward(
      ReferenceTensor wteGradient,
      ReferenceTensor wpeGradient,
      ReferenceTensor outGradient,
      int[] tokens,
      int sequenceLength) {
    Map<Integer, double[]> byToken = new TreeMap<>(); // [C] each
    Map<Integer, double[]> byPosition = new TreeMap<>(); // [C] each
    int width = Math.toIntExact(outGradient.shape().rowElements());
    for (int row = 0; row < tokens.length; row++) {
      int token = existing(tokens[row], wteGradient);
      float[] gradient = outGradient.row(row); // [C]
      add(byToken.computeIfAbsent(token, t -> new double[width]), gradient);
      add(byPosition.computeIfAbsent(row % sequenceLength, t -> new double[width]), gradient);
    }
    byToken.forEach((token, sum) -> wteGradient.rows(token, 1).add(sum));
    byPosition.forEach((position, sum) -> wpeGradient.rows(position, 1).add(sum));
  }

  private static int existing(int token, ReferenceTensor table) {
    if (token < 0 || token >= table.shape().rows()) {
      throw new IllegalArgumentException(
          "token %d of %d doesn't exist".formatted(token, table.shape().rows()));
    }
    return token;
  }

  private static void add(double[] to, float[] values) {
    for (int c = 0; c < to.length; c++) {
      to[c] += values[c];
    }
  }

  void layerNorm(
      ReferenceTensor out,
      ReferenceTensor mean,
      ReferenceTensor rstd,
      ReferenceTensor x,
      ReferenceTensor gain,
      ReferenceTensor bias,
      float epsilon) {
    for (int row = 0; row < x.shape().rows(); row++) {
      float[] values = x.row(row); // [C]
      double average = Formulas.mean(values);
      double variance = Formulas.variance(values, average);
      out.setRow(row, Formulas.layerNorm(values, gain.floats(), bias.floats(), epsilon));
      mean.setRow(row, new float[] {(float) average});
      rstd.setRow(row, new float[] {(float) (1 / Math.sqrt(variance + epsilon))});
    }
  }

  /**
   * With x̂ = (x − mean)·r, r = rstd and g = gain·outGradient, the gradient of x is {@code r · (g −
   * mean(g) − x̂ · mean(g·x̂))}: mean and deviation follow x too.
   */
  void layerNormBackward(
      ReferenceTensor xGradient,
      ReferenceTensor gainGradient,
      ReferenceTensor biasGradient,
      ReferenceTensor outGradient,
      ReferenceTensor x,
      ReferenceTensor gain,
      ReferenceTensor mean,
      ReferenceTensor rstd) {
    float[] scale = gain.floats(); // [C]
    int width = scale.length;
    double[] dGain = new double[width];
    double[] dBias = new double[width];
    for (int row = 0; row < x.shape().rows(); row++) {
      float[] values = x.row(row); // [C]
      float[] dOut = outGradient.row(row); // [C]
      double m = mean.row(row)[0];
      double r = rstd.row(row)[0];
      double meanOfG = 0;
      double meanOfProduct = 0;
      for (int c = 0; c < width; c++) {
        double normalized = (values[c] - m) * r;
        double g = (double) scale[c] * dOut[c];
        meanOfG += g / width;
        meanOfProduct += g * normalized / width;
        dGain[c] += dOut[c] * normalized;
        dBias[c] += dOut[c];
      }
      double[] dx = new double[width];
      for (int c = 0; c < width; c++) {
        double normalized = (values[c] - m) * r;
        double g = (double) scale[c] * dOut[c];
        dx[c] = r * (g - meanOfG - normalized * meanOfProduct);
      }
      xGradient.rows(row, 1).add(dx);
    }
    gainGradient.add(dGain);
    biasGradient.add(dBias);
  }

  void crossEntropy(
      ReferenceTensor losses,
      ReferenceTensor logitsGradient,
      ReferenceTensor logits,
      int[] targets,
      float scale) {
    for (int row = 0; row < targets.length; row++) {
      float[] values = logits.row(row); // [V]
      float[] gradient = new float[values.length]; // [V]
      double loss = 0;
      if (targets[row] != TrainingOperations.IGNORED_TARGET) {
        int target = targets[row];
        if (target < 0 || target >= values.length) {
          throw new IllegalArgumentException(
              "target %d of %d doesn't exist".formatted(target, values.length));
        }
        loss = Formulas.crossEntropy(values, target);
        double[] p = Formulas.softmax(values);
        for (int token = 0; token < p.length; token++) {
          gradient[token] = (float) (scale * (p[token] - (token == target ? 1 : 0)));
        }
      }
      losses.setRow(row, new float[] {(float) loss});
      logitsGradient.setRow(row, gradient);
    }
  }
}
