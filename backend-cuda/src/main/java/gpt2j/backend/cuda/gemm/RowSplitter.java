package gpt2j.backend.cuda.gemm;

import gpt2j.api.UnsupportedException;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.launch.KernelFamily;
import gpt2j.backend.cuda.memory.DeviceMatrix;
import gpt2j.backend.cuda.memory.Scratch;

/**
 * Writes float32 activations as sums of two 16-bit numbers, as many rows at a time as working
 * memory holds.
 */
final class RowSplitter {
  private static final int BLOCK = 256;
  private static final int ALIGNMENT = 256;

  private final CudaRuntime runtime;
  private final KernelFamily splitRows;

  RowSplitter(CudaRuntime runtime) {
    this.runtime = runtime;
    splitRows = KernelFamily.of(runtime.kernels(), "split_rows_%s", 0);
  }

  /** Takes a part of the rows that was split. */
  @FunctionalInterface
  interface Consumer {
    /**
     * Called once per part.
     *
     * @param first the part's first row
     * @param count its rows
     * @param high address of {@code [count][leading]} halves
     * @param low address of as many
     * @param scales address of {@code [count]} float32
     */
    void accept(int first, int count, long high, long low, long scales);
  }

  /**
   * Splits the rows of {@code x} for a product with {@code weights}.
   *
   * @param atOnce the most rows of a part, for the consumer's sake
   */
  void forEach(long x, int rows, DeviceMatrix weights, int atOnce, Consumer consumer) {
    long halfRow = (long) weights.leading() * weights.type().bytes();
    long rowBytes = 2 * halfRow + Float.BYTES;
    int most = (int) Math.min(atOnce, (Scratch.BYTES - 2 * ALIGNMENT) / rowBytes);
    if (most == 0) {
      throw new UnsupportedException(
          "the cuda backend makes no products of %,d inputs and more than %d rows"
              .formatted(weights.columns(), KernelFamily.GEMV_ROWS));
    }
    long high = runtime.scratch().partials();
    for (int first = 0; first < rows; first += most) {
      int count = Math.min(most, rows - first);
      long low = aligned(high + count * halfRow);
      long scales = aligned(low + count * halfRow);
      runtime
          .launcher()
          .begin()
          .address(high)
          .address(low)
          .address(scales)
          .address(x + (long) first * weights.columns() * Float.BYTES)
          .integer(weights.columns())
          .integer(weights.leading())
          .launch(splitRows.get(weights.type(), 0), count, 1, 1, BLOCK, 0);
      consumer.accept(first, count, high, low, scales);
    }
  }

  private static long aligned(long address) {
    return Math.ceilDiv(address, ALIGNMENT) * ALIGNMENT;
  }
}
