package gpt2j.backend.cuda.training;

import gpt2j.backend.cuda.gemm.PartialSums;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.memory.Scratch;
import jcuda.driver.CUfunction;

/** Sums over the rows of a matrix, such as the gradient of a bias. */
final class ColumnSums {
  private static final int BLOCK = 256;

  /** Columns of a block. */
  private static final int COLUMNS = 32;

  /** Fewer rows aren't worth a block. */
  private static final int LEAST_ROWS = 64;

  /** Blocks that a multiprocessor has room for. */
  private static final int BLOCKS = 8;

  private final CudaRuntime runtime;
  private final PartialSums sums;
  private final CUfunction columnSums;

  ColumnSums(CudaRuntime runtime) {
    this.runtime = runtime;
    sums = new PartialSums(runtime);
    columnSums = runtime.kernels().get("training_column_sums");
  }

  /** Queues {@code out[columns] += Σ x[rows][columns]}. */
  void add(long out, long x, int rows, int columns) {
    int groups = Math.ceilDiv(columns, COLUMNS);
    long wanted = Math.ceilDiv((long) BLOCKS * runtime.multiprocessors(), groups);
    long room = Scratch.BYTES / ((long) columns * Float.BYTES);
    long most = Math.min(room, Math.ceilDiv(rows, LEAST_ROWS));
    int part = Math.ceilDiv(rows, (int) Math.clamp(wanted, 1, most));
    int parts = Math.ceilDiv(rows, part);
    runtime
        .launcher()
        .begin()
        .address(sums.parts())
        .address(x)
        .integer(rows)
        .integer(columns)
        .integer(part)
        .launch(columnSums, groups, parts, 1, BLOCK, 0);
    sums.finish(out, 0, columns, columns, parts, true);
  }
}
