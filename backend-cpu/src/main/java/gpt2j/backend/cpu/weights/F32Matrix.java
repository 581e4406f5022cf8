package gpt2j.backend.cpu.weights;

import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Usage;
import gpt2j.backend.cpu.kernel.GemvKernels;
import gpt2j.backend.cpu.kernel.TileGemm;
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
 * end; more rows by a {@link PanelGemm} or ND4J.
 */
public final class F32Matrix implements Matrix {
  /** Pieces of the matrix for each worker: with more, one that is held up matters less. */
  private static final int PIECES = 2;

  /**
   * Inputs whose products are added up by themselves where sums must not depend on the number of
   * workers.
   */
  private static final int PART = 192;

  /** From so many rows on they are multiplied together. */
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
  private final PanelGemm panels;
  private final int inputs;
  private final int outputs;
  private final int parts;
  private final int slices;
  private final int[] order;
  private @Nullable INDArray array;

  public F32Matrix(CpuRuntime runtime, HostTensor source) {
    this.runtime = runtime;
    gemm = new Nd4jGemm(runtime);
    inputs = source.shape().rows();
    outputs = source.shape().size(1);
    int pieces = PIECES * runtime.pool().size();
    parts = runtime.isBatchInvariant() ? Math.ceilDiv(inputs, PART) : pieces;
    slices = Math.ceilDiv(pieces, parts);
    order = runtime.isBatchInvariant() ? order() : new int[0];
    panels =
        runtime.isBatchInvariant()
            ? new PanelGemm(runtime, this::pack, inputs, outputs, 0, order, parts)
            : new PanelGemm(runtime, this::pack, inputs, outputs, 0);
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
    } else if (TileGemm.IS_FASTER || runtime.isBatchInvariant()) {
      panels.run(out, x, epilogue);
    } else {
      gemm.run(out, x, array(), false, epilogue);
    }
  }

  /**
   * Each part of the matrix's rows is read from end to end by whichever worker is free; their sums
   * are added up in order, so that the result doesn't depend on who was. Where there are more
   * workers than parts, each takes a slice of the columns.
   */
  private void multiplyFewRows(CpuTensor out, CpuTensor x, FusedEpilogue epilogue) {
    int rows = x.shape().rows();
    int stride = Memory.padded(outputs);
    long rowBytes = (long) stride * Float.BYTES;
    long partBytes = Math.ceilDiv(rows * rowBytes, PAGE) * PAGE;
    long scratch = runtime.scratch().bytes(parts * partBytes + PAGE);
    long sums = scratch + apart(scratch); // [parts, rows, stride]
    long from = x.address();
    int slice = Memory.padded(Math.ceilDiv(outputs, slices));
    runtime
        .pool()
        .forEach(
            parts * slices,
            (task, worker) -> {
              int part = task / slices;
              int firstColumn = task % slices * slice;
              int endColumn = Math.min(outputs, firstColumn + slice);
              long own = sums + part * partBytes;
              clear(
                  own + (long) firstColumn * Float.BYTES, rowBytes, rows, endColumn - firstColumn);
              // So many columns at a time that their sums stay in the first-level cache.
              int width = rows == 1 ? stride : Memory.padded(CACHED / rows);
              for (int column = firstColumn; column < endColumn; column += width) {
                int columns = Math.min(width, endColumn - column);
                accumulate(
                    own, rowBytes, rows, from, first(part), first(part + 1), column, columns);
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

  /** The first input of a part; that of the one behind the last is the number of inputs. */
  private int first(int part) {
    return (int) ((long) inputs * part / parts);
  }

  /** Zeros for the sums of some columns, up to whole vectors. */
  private static void clear(long sums, long rowBytes, int rows, int columns) {
    for (int row = 0; row < rows && columns > 0; row++) {
      Memory.clear(sums + row * rowBytes, (long) Memory.padded(columns) * Float.BYTES);
    }
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
    // prefetching carries on from one row to the next. As many as one row alone has where the order
    // must be the same: half of them after the other.
    int streams = runtime.isBatchInvariant() ? GemvKernels.ROWS : GemvKernels.ROWS_TWICE;
    int run = (end - first) / streams;
    long rowBytes = (long) outputs * Float.BYTES;
    for (int next = first; next < first + run; next++) {
      for (int stream = 0; stream < streams; stream += GemvKernels.ROWS_TWICE) {
        int row = next + stream * run;
        for (int pair = 0; pair < pairs; pair++) {
          long from = x + 2 * pair * xBytes() + (long) row * Float.BYTES;
          long to = sums + 2 * pair * sumsBytes;
          GemvKernels.addRowsTwice(
              to, sumsBytes, from, xBytes(), at(row, column), run, rowBytes, columns);
        }
      }
    }
    for (int row = first + streams * run; row < end; row++) {
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

  /** The inputs in the order in which {@link #addOne} adds them, part by part. */
  private int[] order() {
    int[] inputsInOrder = new int[inputs];
    int k = 0;
    for (int part = 0; part < parts; part++) {
      int run = (first(part + 1) - first(part)) / GemvKernels.ROWS;
      for (int row = first(part); row < first(part) + run; row++) {
        for (int stream = 0; stream < GemvKernels.ROWS; stream++) {
          inputsInOrder[k++] = row + stream * run;
        }
      }
      for (int row = first(part) + GemvKernels.ROWS * run; row < first(part + 1); row++) {
        inputsInOrder[k++] = row;
      }
    }
    return inputsInOrder;
  }

  private void pack(long to, int panel, long work) {
    int column = panel * PanelGemm.PANEL;
    int columns = Math.min(PanelGemm.PANEL, outputs - column);
    for (int k = 0; k < inputs; k++) {
      int input = order.length == 0 ? k : order[k];
      Memory.copyRow(at(input, column), to + k * PanelGemm.PANEL_BYTES, columns);
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
