package gpt2j.testkit;

import static gpt2j.testkit.SabotagedOperations.operations;
import static gpt2j.testkit.SabotagedTensors.floats;
import static gpt2j.testkit.SabotagedTensors.setFloats;

import gpt2j.api.Backend;
import gpt2j.api.tensor.Tensor;
import gpt2j.spi.ForwardingOperations;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Bugs in layer norm. */
final class SabotagedNorms {
  private SabotagedNorms() {}

  static List<Sabotage> all() {
    Class<LayerNormContract> part = LayerNormContract.class;
    return List.of(
        operations("epsilon ignored", part, b -> new Norm(b, epsilon -> 0f)),
        operations("epsilon fixed", part, b -> new Norm(b, epsilon -> 1e-5f)),
        operations("variance by C - 1", part, OwnNorm::unbiased),
        operations("variance as E[x²] - E[x]²", part, OwnNorm::onePass),
        operations("gain and bias swapped", part, GainForBias::new));
  }

  private static final class Norm extends ForwardingOperations {
    private final UnaryOperator<Float> change;

    Norm(Backend backend, UnaryOperator<Float> change) {
      super(backend.operations());
      this.change = change;
    }

    @Override
    public void layerNorm(Tensor out, Tensor x, Tensor gain, Tensor bias, float epsilon) {
      to.layerNorm(out, x, gain, bias, change.apply(epsilon));
    }
  }

  private static final class GainForBias extends ForwardingOperations {
    GainForBias(Backend backend) {
      super(backend.operations());
    }

    @Override
    public void layerNorm(Tensor out, Tensor x, Tensor gain, Tensor bias, float epsilon) {
      to.layerNorm(out, x, bias, gain, epsilon);
    }
  }

  private static final class OwnNorm extends ForwardingOperations {
    private final Backend backend;
    private final Function<float[], Float> variance;

    private OwnNorm(Backend backend, Function<float[], Float> variance) {
      super(backend.operations());
      this.backend = backend;
      this.variance = variance;
    }

    static OwnNorm unbiased(Backend backend) {
      return new OwnNorm(
          backend,
          row -> {
            double mean = mean(row);
            double sum = 0;
            for (float value : row) {
              sum += (value - mean) * (value - mean);
            }
            return (float) (sum / Math.max(1, row.length - 1));
          });
    }

    static OwnNorm onePass(Backend backend) {
      return new OwnNorm(
          backend,
          row -> {
            float sum = 0;
            float squares = 0;
            for (float value : row) {
              sum += value;
              squares += value * value;
            }
            float mean = sum / row.length;
            return Math.max(0, squares / row.length - mean * mean);
          });
    }

    private static double mean(float[] row) {
      double sum = 0;
      for (float value : row) {
        sum += value;
      }
      return sum / row.length;
    }

    @Override
    public void layerNorm(Tensor out, Tensor x, Tensor gain, Tensor bias, float epsilon) {
      float[] g = floats(backend, gain);
      float[] b = floats(backend, bias);
      for (int i = 0; i < x.shape().rows(); i++) {
        float[] row = floats(backend, x.rows(i, 1));
        double deviation = Math.sqrt(variance.apply(row) + epsilon);
        double mean = mean(row);
        for (int c = 0; c < row.length; c++) {
          row[c] = (float) ((row[c] - mean) / deviation * g[c] + b[c]);
        }
        setFloats(backend, out.rows(i, 1), row);
      }
    }
  }
}
