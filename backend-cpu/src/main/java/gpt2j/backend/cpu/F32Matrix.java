package gpt2j.backend.cpu;

import gpt2j.api.DataType;
import gpt2j.api.Usage;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A float32 matrix, row-major. One row of x is multiplied by the kernel below, which reads the
 * matrix once from end to end; more rows go to ND4J.
 */
final class F32Matrix implements Matrix {
  /** Columns that are filled at a time. */
  private static final int FILL = 64;

  /** With so many columns each worker takes some of them, else each takes some of the rows. */
  private static final int MANY_COLUMNS = 16384;

  private final CpuRuntime runtime;
  private final Allocator.Region region;
  private final ManyRowsProduct manyRows;
  private final int inputs;
  private final int outputs;
  private @Nullable INDArray array;

  F32Matrix(CpuRuntime runtime, String name, ColumnSource source) {
    this.runtime = runtime;
    manyRows = new ManyRowsProduct(runtime);
    inputs = source.inputs();
    outputs = source.outputs();
    WarmUp.startF32();
    region = runtime.allocator().allocate(name, bytes(), Usage.WEIGHTS);
    if (source instanceof ColumnSource.Rows(var tensor) && tensor.type() == DataType.F32) {
      runtime
          .pool()
          .run(
              (worker, workers) -> {
                long from = bytes() * worker / workers;
                long to = bytes() * (worker + 1) / workers;
                MemorySegment part = tensor.data().asSlice(from, to - from);
                Libc.populate(part);
                Memory.segment(region.address() + from, to - from).copyFrom(part);
              });
      return;
    }
    source.forEachPanel(
        runtime.pool(),
        FILL,
        (first, count, block) -> {
          for (int input = 0; input < inputs; input++) {
            Memory.copy(block, input * count, at(input, first), count);
          }
        });
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
      manyRows.run(out, x, array(), finish);
    } else if (outputs >= MANY_COLUMNS) {
      multiplyByColumns(out.address(), x.address(), finish);
    } else {
      multiplyByRows(out.address(), x.address(), finish);
    }
  }

  /** Each worker reads a range of the matrix's rows from end to end; their sums are added up. */
  private void multiplyByRows(long out, long x, Finish finish) {
    int workers = runtime.pool().size();
    long stride = (long) Memory.padded(outputs) * Float.BYTES;
    long sums = runtime.scratch().bytes(workers * stride);
    runtime
        .pool()
        .run(
            (worker, team) -> {
              int from = (int) ((long) inputs * worker / team);
              int to = (int) ((long) inputs * (worker + 1) / team);
              long own = sums + worker * stride;
              Memory.clear(own, stride);
              accumulate(own, x, from, to, 0, outputs);
            });
    for (int worker = 1; worker < workers; worker++) {
      Finish.add(sums, sums, sums + worker * stride, outputs);
    }
    finish.apply(out, sums, 0, outputs);
  }

  /** Each worker takes a range of columns; a large part of each row, so that it can run along. */
  private void multiplyByColumns(long out, long x, Finish finish) {
    int workers = runtime.pool().size();
    int range = Memory.padded((outputs + workers - 1) / workers);
    long stride = (long) range * Float.BYTES;
    long sums = runtime.scratch().bytes(workers * stride);
    runtime
        .pool()
        .run(
            (worker, team) -> {
              int first = worker * range;
              int count = Math.min(range, outputs - first);
              if (count > 0) {
                long own = sums + worker * stride;
                Memory.clear(own, stride);
                accumulate(own, x, 0, inputs, first, count);
                finish.apply(out + (long) first * Float.BYTES, own, first, count);
              }
            });
  }

  /**
   * {@code sums += x[from … to)·rows [from … to)}, for {@code count} columns from {@code first}.
   */
  private void accumulate(long sums, long x, int from, int to, int first, int count) {
    // Eight streams, each through rows that follow each other, so that the processor's prefetching
    // carries on from one row to the next.
    int run = (to - from) / MatrixVector.ROWS;
    long rowBytes = (long) outputs * Float.BYTES;
    for (int row = from; row < from + run; row++) {
      MatrixVector.addRows(
          sums, x + (long) row * Float.BYTES, at(row, first), run, rowBytes, count);
    }
    for (int row = from + MatrixVector.ROWS * run; row < to; row++) {
      MatrixVector.addRow(sums, x + (long) row * Float.BYTES, at(row, first), count);
    }
  }

  private INDArray array() {
    if (array == null) {
      runtime.products().awaitStart();
      array = Nd4jProducts.view(region.address(), inputs, outputs);
    }
    return array;
  }

  @Override
  public void column(int index, long to, boolean add) {
    for (int input = 0; input < inputs; input++) {
      long target = to + (long) input * Float.BYTES;
      float value = Memory.get(at(input, index));
      Memory.set(target, add ? Memory.get(target) + value : value);
    }
  }

  private long at(int input, int output) {
    return region.address() + ((long) input * outputs + output) * Float.BYTES;
  }

  @Override
  public void close() {
    region.close();
  }
}
