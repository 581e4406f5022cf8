package gpt2j.backend.cuda.gemm;

import gpt2j.api.Epilogue;
import gpt2j.backend.cuda.memory.DeviceMatrix;

/** A way to make products of many rows. */
public interface Gemm extends AutoCloseable {
  /**
   * Queues {@code out[rows][outputs] = epilogue(x[rows][inputs]·Wᵀ + bias)}.
   *
   * @param out address of float32
   * @param x address of float32
   */
  void multiply(long out, long x, int rows, DeviceMatrix weights, Epilogue epilogue);

  /** Queues a product of plain matrices, such as training makes. */
  void multiply(PlainProduct product);

  /** What users are told of it. */
  String description();

  @Override
  void close();
}
