package gpt2j.backend.plain;

import module gpt2j.api;

/**
 * Weights as in the checkpoint: a table's vectors, or a matrix {@code [inputs, outputs]} with its
 * bias, if it has one, as a row more: that of an input which is always 1.
 *
 * @param rows vectors or inputs, without the bias
 * @param stored {@code [rows, width]} or {@code [rows + 1, width]}
 */
record HeapMatrix(int rows, HeapTensor stored) implements EmbeddingTable, LinearWeights {
  static HeapMatrix load(Heap heap, HostTensor matrix, @Nullable HostTensor bias) {
    int rows = matrix.shape().rows();
    Shape shape = matrix.shape().withRows(bias == null ? rows : rows + 1);
    HeapTensor to = HeapTensor.allocate(heap, Usage.WEIGHTS, DataType.F32, shape);
    try {
      matrix.copyTo(0, to.floats(), 0, rows * to.width());
      if (bias != null) {
        bias.copyTo(0, to.floats(), to.at(rows), to.width());
      }
      return new HeapMatrix(rows, to);
    } catch (RuntimeException e) { // the checkpoint's file can't be read
      to.close();
      throw e;
    }
  }

  /** Where a row begins; of any number, as a sequence may go on with a token that is none. */
  int at(int row) {
    return stored.at(Math.clamp(row, 0, rows - 1));
  }

  @Override
  public int width() {
    return stored.width();
  }

  @Override
  public int inputs() {
    return rows;
  }

  @Override
  public int outputs() {
    return stored.width();
  }

  @Override
  public long bytes() {
    return stored.bytes();
  }

  @Override
  public void close() {
    stored.close();
  }
}
