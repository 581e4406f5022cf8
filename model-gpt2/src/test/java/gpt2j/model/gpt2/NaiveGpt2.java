package gpt2j.model.gpt2;

import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.HostTensor;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import java.util.HashMap;
import java.util.Map;

/**
 * GPT-2 once more, straight from the papers in float64: no cache, no batch, every token attends to
 * all before it by two loops. Shares nothing with the code under test but the reading of files.
 */
final class NaiveGpt2 {
  private final Gpt2Config config;
  private final Map<String, double[][]> weights = new HashMap<>();

  NaiveGpt2(Checkpoint checkpoint) {
    config = checkpoint.config();
    for (String name : checkpoint.names()) {
      HostTensor tensor = checkpoint.tensor(name);
      boolean vector = tensor.shape().rank() == 1;
      int rows = vector ? 1 : tensor.shape().size(0);
      int columns = tensor.shape().size(vector ? 0 : 1);
      double[][] values = new double[rows][columns];
      for (int i = 0; i < rows * columns; i++) {
        values[i / columns][i % columns] = tensor.get(i);
      }
      weights.put(name, values);
    }
  }

  /** The logits after each token. */
  double[][] logits(int... tokens) {
    double[][] x = new double[tokens.length][];
    for (int t = 0; t < tokens.length; t++) {
      x[t] = sum(weights.get("wte.weight")[tokens[t]], weights.get("wpe.weight")[t]);
    }
    for (int layer = 0; layer < config.layers(); layer++) {
      String block = "h." + layer + ".";
      double[][] qkv = new double[tokens.length][];
      for (int t = 0; t < tokens.length; t++) {
        qkv[t] = linear(norm(x[t], block + "ln_1"), block + "attn.c_attn");
      }
      for (int t = 0; t < tokens.length; t++) {
        x[t] = sum(x[t], linear(attend(qkv, t, layer), block + "attn.c_proj"));
        double[] inner = linear(norm(x[t], block + "ln_2"), block + "mlp.c_fc");
        for (int i = 0; i < inner.length; i++) {
          inner[i] = gelu(inner[i]);
        }
        x[t] = sum(x[t], linear(inner, block + "mlp.c_proj"));
      }
    }
    double[][] head = weights.getOrDefault("lm_head.weight", weights.get("wte.weight"));
    double[][] logits = new double[tokens.length][head.length];
    for (int t = 0; t < tokens.length; t++) {
      double[] y = norm(x[t], "ln_f");
      for (int v = 0; v < head.length; v++) {
        for (int i = 0; i < y.length; i++) {
          logits[t][v] += y[i] * head[v][i];
        }
      }
    }
    return logits;
  }

  /** The token with the largest logit. */
  static int argMax(double[] logits) {
    int best = 0;
    for (int v = 1; v < logits.length; v++) {
      best = logits[v] > logits[best] ? v : best;
    }
    return best;
  }

  /** The log-probability of {@code token} by its logits. */
  static double logprob(double[] logits, int token) {
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit - logits[token]);
    }
    return -Math.log(sum);
  }

  private double[] attend(double[][] qkv, int t, int layer) {
    int width = config.embeddingWidth();
    int size = width / config.heads();
    double[] out = new double[width];
    for (int head = 0; head < config.heads(); head++) {
      double[] weight = new double[t + 1];
      double total = 0;
      for (int s = 0; s <= t; s++) {
        double score = 0;
        for (int i = head * size; i < (head + 1) * size; i++) {
          score += qkv[t][i] * qkv[s][width + i];
        }
        score /= config.scaleAttention() ? Math.sqrt(size) : 1;
        score /= config.scaleByInverseLayer() ? layer + 1 : 1;
        weight[s] = Math.exp(score);
        total += weight[s];
      }
      for (int s = 0; s <= t; s++) {
        for (int i = head * size; i < (head + 1) * size; i++) {
          out[i] += weight[s] / total * qkv[s][2 * width + i];
        }
      }
    }
    return out;
  }

  private double[] norm(double[] x, String name) {
    double mean = 0;
    for (double value : x) {
      mean += value / x.length;
    }
    double variance = 0;
    for (double value : x) {
      variance += (value - mean) * (value - mean) / x.length;
    }
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      double unit = (x[i] - mean) / Math.sqrt(variance + config.layerNormEpsilon());
      y[i] = unit * weights.get(name + ".weight")[0][i] + weights.get(name + ".bias")[0][i];
    }
    return y;
  }

  private double[] linear(double[] x, String name) {
    double[] y = weights.get(name + ".bias")[0].clone();
    double[][] w = weights.get(name + ".weight");
    for (int i = 0; i < x.length; i++) {
      for (int o = 0; o < y.length; o++) {
        y[o] += x[i] * w[i][o];
      }
    }
    return y;
  }

  private double gelu(double v) {
    return config.activation() == GeluForm.TANH
        ? v / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v)))
        : v * normalDistribution(v);
  }

  /** The area under the bell curve left of {@code v}, by Simpson's rule. */
  private static double normalDistribution(double v) {
    int intervals = 2000;
    double h = v / intervals;
    double sum = 0;
    for (int i = 0; i <= intervals; i++) {
      double density = Math.exp(-(i * h) * (i * h) / 2) / Math.sqrt(2 * Math.PI);
      sum += density * (i == 0 || i == intervals ? 1 : i % 2 == 1 ? 4 : 2);
    }
    return 0.5 + sum * h / 3;
  }

  private static double[] sum(double[] a, double[] b) {
    double[] c = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      c[i] = a[i] + b[i];
    }
    return c;
  }
}
