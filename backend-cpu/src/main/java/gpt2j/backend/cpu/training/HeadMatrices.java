package gpt2j.backend.cpu.training;

import gpt2j.backend.cpu.kernel.TileGemm;
import gpt2j.backend.cpu.simd.Memory;

/**
 * One head's share of a matrix for one sequence, copied together: in a batch its rows lie so far
 * apart that they get into each other's way in the caches.
 */
final class HeadMatrices {
  /** Positions side by side in {@link #transpose transposed} memory. */
  static final int PANEL = 2 * Memory.LANES;

  private HeadMatrices() {}

  /** Positions rounded up to whole panels. */
  static int paddedLength(int length) {
    return (length + PANEL - 1) / PANEL * PANEL;
  }

  /**
   * Copies rows together.
   *
   * @param to {@code [length, rowBytes]}
   * @param from rows {@code fromBytes} apart
   */
  static void gather(long to, long rowBytes, long from, long fromBytes, int length, int headSize) {
    for (int row = 0; row < length; row++) {
      Memory.copyRow(from + row * fromBytes, to + row * rowBytes, headSize);
    }
  }

  /** The reverse of {@link #gather}. */
  static void scatter(long to, long toBytes, long from, long rowBytes, int length, int headSize) {
    for (int row = 0; row < length; row++) {
      Memory.copyRow(from + row * rowBytes, to + row * toBytes, headSize);
    }
  }

  /**
   * Transposes rows.
   *
   * @param to {@code [panels, headSize, PANEL]}
   * @param from {@code [length, rowBytes]}
   */
  static void transpose(long to, long from, long rowBytes, int length, int headSize) {
    long panelBytes = (long) headSize * PANEL * Float.BYTES;
    for (int row = 0; row < length; row++) {
      long column = to + row / PANEL * panelBytes + (long) (row % PANEL) * Float.BYTES;
      transposeRow(column, from + row * rowBytes, headSize);
    }
  }

  private static void transposeRow(long column, long row, int headSize) {
    for (int i = 0; i < headSize; i++) {
      float value = Memory.get(row + (long) i * Float.BYTES);
      Memory.set(column + (long) i * PANEL * Float.BYTES, value);
    }
  }

  /**
   * {@code out += rows·transposedᵀ} for four rows and positions {@code 0 … width − 1}.
   *
   * @param out {@code [4, outBytes]}
   * @param rows {@code [4, rowBytes]}
   * @param transposed by {@link #transpose}
   * @param width positions, in whole vectors
   */
  static void addProducts(
      long out, long outBytes, long rows, long rowBytes, long transposed, int width, int headSize) {
    long panelBytes = (long) headSize * PANEL * Float.BYTES;
    for (int position = 0; position < width; position += PANEL) {
      TileGemm.add(
          out + (long) position * Float.BYTES,
          outBytes,
          rows,
          rowBytes,
          Float.BYTES,
          transposed + position / PANEL * panelBytes,
          (long) PANEL * Float.BYTES,
          headSize,
          Math.min(PANEL, width - position));
    }
  }
}
