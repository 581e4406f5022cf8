package gpt2j.backend.cpu.weights;

import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Usage;
import gpt2j.backend.cpu.kernel.GemvKernels;
import gpt2j.backend.cpu.kernel.VectorAdd;
import gpt2j.backend.cpu.memory.Allocator;
import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.runtime.CpuRuntime;
import gpt2j.backend.cpu.simd.Memory;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A float32 matrix, row-major as in the checkpoint, so that loading it is reading it. A few rows of
 * x are multiplied by the kernels of {@link GemvKernels}, which read the matrix once from end to
 * end; more rows go to ND4J.
 */
public final class F32Matrix implements Matrix {
  /** Parts of the matrix for each worker: with more, one that is held up matters less. */
  private static final int PARTS = 2;

  /** From so many rows on ND4J is faster. */
  private static final int GEMM_ROWS = 12;

  /**
   * Memory addresses that are a multiple of it apart compete for the same lines of the first-level
   * cache, as eight rows of the matrix usually do already; sums are kept away from those.
   */
  private static final int PAGE = 4096;

  /** Sums that are added to at a time, where x has more than one row. */
  private static final int CACHED = 4096;

  private final CpuRuntime runtime;
  private final Allocator.Region region;
  private final Nd4jGemm gemm;
  private final int inputs;
  private final int outputs;
  private @Nullable INDArray array;

  public F32Matrix(CpuRuntime runtime, HostTensor source) {
    this.runtime = runtime;
    gemm = new Nd4jGemm(runtime);
    inputs = source.shape().rows();
    outputs = source.shape().size(1);
    region = runtime.allocator().allocate(source.name(), bytes(), Usage.WEIGHTS);
    region.fill(() -> HostCopy.widened(runtime.pool(), source, region.address()));
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
  public void multiply(CpuTensor out, CpuTensor x, FusedEpilogue epilogue) {
    int rows = x.shape().rows();
    if (rows < GEMM_ROWS) {
      multiplyFewRows(out, x, epilogue);
    } else {
      gemm.run(out, x, array(), false, epilogue);
    }
  }

  /**
   * Each part of the matrix's rows is read from end to end by whichever worker is free; their sums
   * are added up in order, so that the result doesn't depend on who was.
   */
  private void multiplyFewRows(CpuTensor out, CpuTensor x, FusedEpilogue epilogue) {
    int rows = x.shape().rows();
    int parts = PARTS * runtime.pool().size();
    int stride = Memory.padded(outputs);
    long rowBytes = (long) stride * Float.BYTES;
    long partBytes = Math.ceilDiv(rows * rowBytes, PAGE) * PAGE;
    long scratch = runtime.scratch().bytes(parts * partBytes + PAGE);
    long sums = scratch + apart(scratch); // [parts, rows, stride]
    long from = x.address();
    runtime
        .pool()
        .forEach(
            parts,
            (part, worker) -> {
              int first = (int) ((long) inputs * part / parts);
              int end = (int) ((long) inputs * (part + 1) / parts);
              long own = sums + part * partBytes;
              Memory.clear(own, partBytes);
              // So many columns at a time that their sums stay in the first-level cache.
              int width = rows == 1 ? stride : Memory.padded(CACHED / rows);
              for (int column = 0; column < outputs; column += width) {
                int columns = Math.min(width, outputs - column);
                accumulate(own, rowBytes, rows, from, first, end, column, columns);
              }
            });
    long to = out.address();
    runtime
        .pool()
        .forEach(
            rows,
            (row, worker) -> {
              long own = sums + row * rowBytes;
              for (int part = 1; part < parts; part++) {
                VectorAdd.add(own, own, own + part * partBytes, outputs);
              }
              epilogue.apply(to + (long) row * outputs * Float.BYTES, own, 0, outputs);
            });
  }

  /** How far to go on from an address to half a page away from the matrix, regardless of pages. */
  private long apart(long address) {
    return Math.floorMod(region.address() - address + PAGE / 2, (long) PAGE);
  }

  /** {@code sums += x[first … end)·rows [first … end)}, for some columns and each row of x. */
  private void accumulate(
      long sums, long sumsBytes, int count, long x, int first, int end, int column, int columns) {
    long own = sums + (long) column * Float.BYTES;
    int pairs = count / 2;
    if (pairs > 0) {
      addInPairs(own, sumsBytes, pairs, x, first, end, column, columns);
    }
    if (count % 2 == 1) {
      long last = 2L * pairs;
      addOne(own + last * sumsBytes, x + last * xBytes(), first, end, column, columns);
    }
  }

  private void addInPairs(
      long sums, long sumsBytes, int pairs, long x, int first, int end, int column, int columns) {
    // Several streams, each through rows that follow each other, so that the processor's
    // prefetching carries on from one row to the next.
    int run = (end - first) / GemvKernels.ROWS_TWICE;
    long rowBytes = (long) outputs * Float.BYTES;
    for (int row = first; row < first + run; row++) {
      for (int pair = 0; pair < pairs; pair++) {
        long from = x + 2 * pair * xBytes() + (long) row * Float.BYTES;
        long to = sums + 2 * pair * sumsBytes;
        GemvKernels.addRowsTwice(
            to, sumsBytes, from, xBytes(), at(row, column), run, rowBytes, columns);
      }
    }
    for (int row = first + GemvKernels.ROWS_TWICE * run; row < end; row++) {
      for (int i = 0; i < 2 * pairs; i++) {
        long from = x + i * xBytes() + (long) row * Float.BYTES;
        GemvKernels.addRow(sums + i * sumsBytes, from, at(row, column), columns);
      }
    }
  }

  private void addOne(long sums, long x, int first, int end, int column, int columns) {
    int run = (end - first) / GemvKernels.ROWS;
    long rowBytes = (long) outputs * Float.BYTES;
    for (int row = first; row < first + run; row++) {
      long from = x + (long) row * Float.BYTES;
      GemvKernels.addRows(sums, from, at(row, column), run, rowBytes, columns);
    }
    for (int row = first + GemvKernels.ROWS * run; row < end; row++) {
      GemvKernels.addRow(sums, x + (long) row * Float.BYTES, at(row, column), columns);
    }
  }

  private INDArray array() {
    if (array == null) {
      array = runtime.products().view(region.address(), inputs, outputs);
    }
    return array;
  }

  private long xBytes() {
    return (long) inputs * Float.BYTES;
  }

  private long at(int input, int output) {
    return region.address() + ((long) input * outputs + output) * Float.BYTES;
  }

  @Override
  public void close() {
    region.close();
  }
}
