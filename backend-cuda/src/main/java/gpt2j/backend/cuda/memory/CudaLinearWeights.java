package gpt2j.backend.cuda.memory;

import gpt2j.api.LinearWeights;

/** A matrix with its bias. */
public record CudaLinearWeights(DeviceMatrix matrix) implements LinearWeights {
  /** The weights as this backend's own. */
  public static DeviceMatrix of(LinearWeights weights) {
    if (weights instanceof CudaLinearWeights(DeviceMatrix matrix)) {
      return matrix;
    }
    throw new IllegalArgumentException(
        "weights of another backend: " + weights.getClass().getSimpleName());
  }

  @Override
  public int inputs() {
    return matrix.columns();
  }

  @Override
  public int outputs() {
    return matrix.rows();
  }

  @Override
  public long bytes() {
    return matrix.region().bytes();
  }

  @Override
  public void close() {
    matrix.region().close();
  }
}
