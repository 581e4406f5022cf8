package gpt2j.testkit;

import gpt2j.api.LinearWeights;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import org.jspecify.annotations.Nullable;

/** A weight matrix whose values are what is left of them in a format, and its bias. */
final class ReferenceLinear extends ReferenceHandle implements LinearWeights {
  private final int inputs;
  private final int outputs;
  private final float[] weight; // [inputs, outputs]
  private final float[] bias; // [outputs]

  ReferenceLinear(
      ReferenceMemory home, HostTensor weight, @Nullable HostTensor bias, WeightFormat format) {
    super(home, weight.name(), Usage.WEIGHTS, bytes(weight, bias, format));
    inputs = weight.shape().size(0);
    outputs = weight.shape().size(1);
    this.weight = new float[Math.multiplyExact(inputs, outputs)];
    this.bias = new float[outputs];
    fill(
        () -> {
          weight.copyTo(0, this.weight, 0, this.weight.length);
          if (bias != null) {
            bias.copyTo(0, this.bias, 0, outputs);
          }
        });
    for (int output = 0; output < outputs; output++) {
      format.round(this.weight, output, inputs, outputs);
    }
  }

  private static long bytes(HostTensor weight, @Nullable HostTensor bias, WeightFormat format) {
    Check.floats(weight, 2);
    long bytes = format.bytes(weight.shape().size(1), weight.shape().size(0));
    if (bias == null) {
      return bytes;
    }
    Check.floats(bias, 1);
    Check.equal(bias.name() + ": size", bias.shape().size(0), weight.shape().size(1));
    return bytes + bias.shape().elements() * DataType.F32.bytes();
  }

  @Override
  public int inputs() {
    return inputs;
  }

  @Override
  public int outputs() {
    return outputs;
  }

  /** {@code [outputs]}: {@code row·W + b}. */
  double[] apply(float[] row) {
    double[] sums = new double[outputs];
    for (int i = 0; i < inputs; i++) {
      double x = row[i];
      int from = i * outputs;
      for (int o = 0; o < outputs; o++) {
        sums[o] += x * weight[from + o];
      }
    }
    for (int o = 0; o < outputs; o++) {
      sums[o] += bias[o];
    }
    return sums;
  }
}
