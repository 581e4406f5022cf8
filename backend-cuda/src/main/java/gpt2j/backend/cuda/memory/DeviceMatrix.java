package gpt2j.backend.cuda.memory;

import gpt2j.api.tensor.DataType;

/**
 * Weights as kernels read them: {@code [rows][leading]}, one row for each output, so that an output
 * is a product of two contiguous rows; a row is padded with zeros to whole 16-byte loads.
 *
 * @param region the matrix, then the bias, if there is one, as {@code [rows]} float32
 * @param type how a weight is stored
 * @param rows outputs of a product, or vectors of a table
 * @param columns inputs of a product, or width of a table
 * @param biased whether there is a bias
 */
public record DeviceMatrix(
    DeviceMemory.Region region, DataType type, int rows, int columns, boolean biased) {
  private static final int PADDING = 8;

  /** Elements of a row with its padding. */
  static int leading(int columns) {
    return Math.ceilDiv(columns, PADDING) * PADDING;
  }

  /** Bytes of the matrix alone. */
  static long matrixBytes(DataType type, int rows, int columns) {
    return Math.multiplyExact((long) rows * leading(columns), type.bytes());
  }

  /** Bytes of a region for all of it. */
  public static long bytes(DataType type, int rows, int columns, boolean biased) {
    return matrixBytes(type, rows, columns) + (biased ? (long) rows * Float.BYTES : 0);
  }

  public int leading() {
    return leading(columns);
  }

  public long address() {
    return region.address();
  }

  /** Where the bias begins; 0 when there is none. */
  public long bias() {
    return biased ? region.address() + matrixBytes(type, rows, columns) : 0;
  }
}
