package gpt2j.backend.cpu.weights;

import gpt2j.backend.cpu.kernel.TableKernel;
import gpt2j.backend.cpu.runtime.CpuRuntime;
import gpt2j.backend.cpu.simd.Memory;

/**
 * Multiplies a few vectors with all vectors of a table that is larger than the caches, and so takes
 * the time of reading it. It is read in several streams side by side, each some lines of the cache
 * at a time.
 */
final class TableGemv {
  /** Rows that a worker takes at a time. */
  private static final int PART = 1024;

  /** Groups of products that are added up before any is finished: their sums lie in the cache. */
  private static final int GROUPS = PART / TableKernel.STREAMS;

  private static final long SUMS_OF_GROUP = (long) TableKernel.STREAMS * Memory.VECTOR;
  private static final int PAGE = 4096;

  private final CpuRuntime runtime;
  private final TableKernel kernel;
  private final long table;
  private final int rows;
  private final long rowBytes;

  /**
   * Of the table {@code [rows, …]} at an address.
   *
   * @param rowBytes from each row to the next
   */
  TableGemv(CpuRuntime runtime, TableKernel kernel, long table, int rows, long rowBytes) {
    this.runtime = runtime;
    this.kernel = kernel;
    this.table = table;
    this.rows = rows;
    this.rowBytes = rowBytes;
  }

  /** Bytes of working memory for {@code count} vectors of x. */
  long scratchBytes(int count) {
    return runtime.pool().size() * sumsBytes(count);
  }

  private static long sumsBytes(int count) {
    return Math.max(GROUPS, count) * SUMS_OF_GROUP;
  }

  /**
   * {@code out[i, row] = x[i]·row}.
   *
   * @param out {@code [count, rows]}
   * @param x {@code [count, …]}, as the kernel takes it
   * @param xBytes from each vector of x to the next
   * @param scratch of {@link #scratchBytes}
   */
  void run(long out, long x, int count, long xBytes, long scratch) {
    runtime
        .pool()
        .forEach(
            Math.ceilDiv(rows, PART),
            (part, worker) -> {
              long sums = scratch + worker * sumsBytes(count);
              int row = part * PART;
              int end = Math.min(rows, row + PART);
              while (end - row >= TableKernel.STREAMS) {
                int length = length(end - row);
                multiply(to(out, 0, row), sums, x, count, xBytes, address(row), length);
                row += TableKernel.STREAMS * length;
              }
              for (; row < end; row++) {
                for (int i = 0; i < count; i++) {
                  kernel.addUp(sums, x + i * xBytes, address(row));
                  Memory.set(to(out, i, row), Memory.sum(sums));
                }
              }
            });
  }

  /** Streams of {@code length} rows each. */
  private void multiply(
      long out, long sums, long x, int count, long xBytes, long from, int length) {
    int atOnce = Math.max(1, GROUPS / count);
    for (int first = 0; first < length; first += atOnce) {
      int end = Math.min(length, first + atOnce);
      long group = sums;
      for (int row = first; row < end; row++) {
        for (int i = 0; i < count; i++) {
          kernel.addUp(group, x + i * xBytes, from + row * rowBytes, length * rowBytes);
          group += SUMS_OF_GROUP;
        }
      }
      // All at once: in between it would hold the processor up, which looks only so far ahead.
      group = sums;
      for (int row = first; row < end; row++) {
        for (int i = 0; i < count; i++) {
          finish(to(out, i, row), group, length);
          group += SUMS_OF_GROUP;
        }
      }
    }
  }

  private static void finish(long out, long sums, int length) {
    for (int stream = 0; stream < TableKernel.STREAMS; stream++) {
      float sum = Memory.sum(sums + (long) stream * Memory.VECTOR);
      Memory.set(out + (long) stream * length * Float.BYTES, sum);
    }
  }

  /**
   * How many of some rows make one stream. Streams that are a multiple of a page apart compete for
   * the same lines of the first-level cache, so they are a row shorter than they could be, if that
   * helps.
   */
  private int length(int count) {
    int most = count / TableKernel.STREAMS;
    boolean compete = most * rowBytes % PAGE == 0 && rowBytes % PAGE != 0;
    return most > 1 && compete ? most - 1 : most;
  }

  private long to(long out, int i, int row) {
    return out + ((long) i * rows + row) * Float.BYTES;
  }

  private long address(int row) {
    return table + row * rowBytes;
  }
}
