package gpt2j.backend.cuda.memory;

import gpt2j.api.EmbeddingTable;

/** A table of vectors, which is also how the output head needs them. */
public record CudaEmbeddingTable(DeviceMatrix matrix) implements EmbeddingTable {
  /** The table as this backend's own. */
  public static DeviceMatrix of(EmbeddingTable table) {
    if (table instanceof CudaEmbeddingTable(DeviceMatrix matrix)) {
      return matrix;
    }
    throw new IllegalArgumentException(
        "an embedding table of another backend: " + table.getClass().getSimpleName());
  }

  @Override
  public int rows() {
    return matrix.rows();
  }

  @Override
  public int width() {
    return matrix.columns();
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
