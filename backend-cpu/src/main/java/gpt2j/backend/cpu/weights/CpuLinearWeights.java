package gpt2j.backend.cpu.weights;

import gpt2j.api.Epilogue;
import gpt2j.api.LinearWeights;
import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.runtime.PartTimes;
import org.jspecify.annotations.Nullable;

/** A matrix and its bias. */
public record CpuLinearWeights(Matrix matrix, @Nullable CpuTensor bias) implements LinearWeights {
  /** The weights as this backend's own. */
  public static CpuLinearWeights of(LinearWeights weights) {
    if (weights instanceof CpuLinearWeights own) {
      return own;
    }
    throw new IllegalArgumentException(
        "weights of another backend: " + weights.getClass().getSimpleName());
  }

  public void multiply(CpuTensor out, CpuTensor x, Epilogue epilogue, @Nullable PartTimes times) {
    matrix.multiply(out, x, new FusedEpilogue(bias, epilogue, times));
  }

  @Override
  public int inputs() {
    return matrix.inputs();
  }

  @Override
  public int outputs() {
    return matrix.outputs();
  }

  @Override
  public long bytes() {
    return matrix.bytes() + (bias == null ? 0 : bias.bytes());
  }

  @Override
  public void close() {
    matrix.close();
    if (bias != null) {
      bias.close();
    }
  }
}
