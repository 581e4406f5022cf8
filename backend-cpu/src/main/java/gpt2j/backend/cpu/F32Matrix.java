package gpt2j.backend.cpu;

import gpt2j.api.HostTensor;
import gpt2j.api.Usage;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A float32 matrix, row-major as in the checkpoint, so that loading it is copying it. One row of x
 * is multiplied by the kernel below, which reads the matrix once from end to end; more rows go to
 * ND4J.
 */
final class F32Matrix implements Matrix {
  /** Parts of the matrix for each worker: with more, one that is held up matters less. */
  private static final int PARTS = 2;

  private final CpuRuntime runtime;
  private final Allocator.Region region;
  private final ManyRowsProduct manyRows;
  private final int inputs;
  private final int outputs;
  private @Nullable INDArray array;

  F32Matrix(CpuRuntime runtime, HostTensor source) {
    this.runtime = runtime;
    manyRows = new ManyRowsProduct(runtime);
    inputs = source.shape().rows();
    outputs = source.shape().size(1);
    WarmUp.startF32();
    region = runtime.allocator().allocate(source.name(), bytes(), Usage.WEIGHTS);
    HostCopy.widened(runtime.pool(), source, region.address());
  }

  @Override
  public int inputs() {
    return inputs;
  }

  @Override
  public int outputs() {
    return outputs;
  }

  @Override
  public long bytes() {
    return (long) inputs * outputs * Float.BYTES;
  }

  @Override
  public void multiply(CpuTensor out, CpuTensor x, Finish finish) {
    int rows = x.shape().rows();
    if (rows > 1) {
      manyRows.run(out, x, array(), false, finish);
    } else {
      multiplyOneRow(out.address(), x.address(), finish);
    }
  }

  /**
   * Each part of the matrix's rows is read from end to end by whichever worker is free; their sums
   * are added up in order, so that the result doesn't depend on who was.
   */
  private void multiplyOneRow(long out, long x, Finish finish) {
    int parts = PARTS * runtime.pool().size();
    long stride = (long) Memory.padded(outputs) * Float.BYTES;
    long sums = runtime.scratch().bytes(parts * stride);
    runtime
        .pool()
        .forEach(
            parts,
            (part, worker) -> {
              int from = (int) ((long) inputs * part / parts);
              int to = (int) ((long) inputs * (part + 1) / parts);
              long own = sums + part * stride;
              Memory.clear(own, stride);
              accumulate(own, x, from, to);
            });
    for (int part = 1; part < parts; part++) {
      Finish.add(sums, sums, sums + part * stride, outputs);
    }
    finish.apply(out, sums, 0, outputs);
  }

  /** {@code sums += x[from … to)·rows [from … to)}. */
  private void accumulate(long sums, long x, int from, int to) {
    // Eight streams, each through rows that follow each other, so that the processor's prefetching
    // carries on from one row to the next.
    int run = (to - from) / MatrixVector.ROWS;
    long rowBytes = (long) outputs * Float.BYTES;
    for (int row = from; row < from + run; row++) {
      MatrixVector.addRows(sums, x + (long) row * Float.BYTES, row(row), run, rowBytes, outputs);
    }
    for (int row = from + MatrixVector.ROWS * run; row < to; row++) {
      MatrixVector.addRow(sums, x + (long) row * Float.BYTES, row(row), outputs);
    }
  }

  private INDArray array() {
    if (array == null) {
      runtime.products().awaitStart();
      array = Nd4jProducts.view(region.address(), inputs, outputs);
    }
    return array;
  }

  private long row(int input) {
    return region.address() + (long) input * outputs * Float.BYTES;
  }

  @Override
  public void close() {
    region.close();
  }
}
