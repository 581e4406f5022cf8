package gpt2j.backend.cpu;

import gpt2j.api.HostTensor;
import gpt2j.api.Usage;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A float32 table {@code [rows, width]}, one vector after another as in the checkpoint, so that
 * loading it is copying it. A few rows of x are multiplied by the kernel of {@link RowProducts},
 * which reads the table once from end to end; more rows go to ND4J.
 */
final class F32Table implements CpuEmbeddingTable {
  /** Vectors that a worker takes at a time. */
  private static final int PART = 1024;

  /** From so many rows of x on ND4J is faster. */
  private static final int MANY_ROWS = 24;

  private final CpuRuntime runtime;
  private final Allocator.Region region;
  private final ManyRowsProduct manyRows;
  private final int rows;
  private final int width;
  private @Nullable INDArray array;

  F32Table(CpuRuntime runtime, HostTensor source) {
    this.runtime = runtime;
    manyRows = new ManyRowsProduct(runtime);
    rows = source.shape().rows();
    width = source.shape().size(1);
    WarmUp.startF32();
    region = runtime.allocator().allocate(source.name(), bytes(), Usage.WEIGHTS);
    HostCopy.widened(runtime.pool(), source, region.address());
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int width() {
    return width;
  }

  @Override
  public long bytes() {
    return (long) rows * width * Float.BYTES;
  }

  @Override
  public void multiply(CpuTensor out, CpuTensor x) {
    if (x.shape().rows() < MANY_ROWS) {
      multiplyFewRows(out.address(), x.address(), x.shape().rows());
    } else {
      manyRows.run(out, x, array(), true, Finish.NOTHING);
    }
  }

  /** A part of the vectors at a time, by whichever worker is free: eight with all rows of x. */
  private void multiplyFewRows(long out, long x, int count) {
    long sums = runtime.scratch().bytes(runtime.pool().size() * RowProducts.SUMS);
    runtime
        .pool()
        .forEach(
            (rows + PART - 1) / PART,
            (part, worker) -> {
              long own = sums + worker * RowProducts.SUMS;
              int from = part * PART;
              int to = Math.min(rows, from + PART);
              // Eight streams, each through vectors that follow each other.
              int run = (to - from) / RowProducts.ROWS;
              for (int row = from; row < from + run; row++) {
                for (int i = 0; i < count; i++) {
                  long factor = x + (long) i * width * Float.BYTES;
                  RowProducts.eightRows(own, factor, vector(row), run, width);
                  RowProducts.finish(at(out, i, row), own, factor, vector(row), run, width);
                }
              }
              for (int row = from + RowProducts.ROWS * run; row < to; row++) {
                for (int i = 0; i < count; i++) {
                  long factor = x + (long) i * width * Float.BYTES;
                  RowProducts.oneRow(at(out, i, row), factor, vector(row), width);
                }
              }
            });
  }

  private long at(long out, int i, int row) {
    return out + ((long) i * rows + row) * Float.BYTES;
  }

  private long vector(int row) {
    return region.address() + (long) row * width * Float.BYTES;
  }

  private INDArray array() {
    if (array == null) {
      runtime.products().awaitStart();
      array = Nd4jProducts.view(region.address(), rows, width);
    }
    return array;
  }

  @Override
  public void vector(int index, long to, boolean add) {
    long vector = vector(Math.clamp(index, 0, rows - 1));
    if (add) {
      Finish.add(to, to, vector, width);
    } else {
      Memory.copy(vector, to, (long) width * Float.BYTES);
    }
  }

  @Override
  public void close() {
    region.close();
  }
}
