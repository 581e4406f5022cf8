package gpt2j.backend.cpu;

import gpt2j.api.EmbeddingTable;

/** A table of vectors as the columns of a matrix, which is how the output head needs them. */
record CpuEmbeddingTable(Matrix matrix) implements EmbeddingTable {
  /** The table as this backend's own. */
  static CpuEmbeddingTable of(EmbeddingTable table) {
    if (table instanceof CpuEmbeddingTable own) {
      return own;
    }
    throw new IllegalArgumentException(
        "an embedding table of another backend: " + table.getClass().getSimpleName());
  }

  /** Copies vector {@code index} to {@code to}, or adds it there; the nearest that there is. */
  void vector(int index, long to, boolean add) {
    matrix.column(Math.clamp(index, 0, rows() - 1), to, add);
  }

  @Override
  public int rows() {
    return matrix.outputs();
  }

  @Override
  public int width() {
    return matrix.inputs();
  }

  @Override
  public long bytes() {
    return matrix.bytes();
  }

  @Override
  public void close() {
    matrix.close();
  }
}
