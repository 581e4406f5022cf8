package gpt2j.testkit;

import gpt2j.api.EmbeddingTable;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;

/** A table of vectors whose values are what is left of them in a format. */
final class ReferenceTable extends ReferenceHandle implements EmbeddingTable {
  private final int rows;
  private final int width;
  private final float[] values; // [rows, width]

  ReferenceTable(ReferenceMemory home, HostTensor table, WeightFormat format) {
    super(home, table.name(), Usage.WEIGHTS, bytes(table, format));
    rows = table.shape().size(0);
    width = table.shape().size(1);
    values = new float[Math.multiplyExact(rows, width)];
    fill(() -> table.copyTo(0, values, 0, values.length));
    for (int row = 0; row < rows; row++) {
      format.round(values, row * width, width, 1);
    }
  }

  private static long bytes(HostTensor table, WeightFormat format) {
    Check.floats(table, 2);
    return format.bytes(table.shape().size(0), table.shape().size(1));
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int width() {
    return width;
  }

  boolean has(int row) {
    return row >= 0 && row < rows;
  }

  float get(int row, int column) {
    return values[row * width + column];
  }

  /** {@code x · row}. */
  double dot(int row, float[] x) {
    int from = row * width;
    double sum = 0;
    for (int c = 0; c < width; c++) {
      sum += (double) x[c] * values[from + c];
    }
    return sum;
  }
}
