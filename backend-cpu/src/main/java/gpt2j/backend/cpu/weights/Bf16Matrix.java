package gpt2j.backend.cpu.weights;

import gpt2j.api.tensor.BFloat16;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Usage;
import gpt2j.backend.cpu.kernel.Bf16PanelKernels;
import gpt2j.backend.cpu.kernel.TileGemm;
import gpt2j.backend.cpu.memory.Allocator;
import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.runtime.CpuRuntime;
import gpt2j.backend.cpu.runtime.WorkerPool;
import gpt2j.backend.cpu.simd.Memory;

/**
 * A bfloat16 matrix in panels of {@link Bf16PanelKernels#PANEL} columns, in which the kernel of
 * {@link Bf16PanelKernels} reads it from end to end: {@code [panel][input][2][lane]} of 32-bit
 * words. A word holds two numbers, that of column {@code lane} in its low half and that of column
 * {@code lane + lanes} in its high half, so that a shift and a mask widen a vector of words to two
 * vectors of float32 with adjacent columns.
 */
public final class Bf16Matrix implements Matrix {
  private static final int PANEL = Bf16PanelKernels.PANEL;

  /** With more rows it is faster to widen the matrix first and let ND4J do the product. */
  private static final int GEMM_ROWS = 24;

  /** The same where ND4J's order of adding won't do. */
  private static final int TILE_ROWS = 32;

  /** But not for a matrix that would need so much working memory. */
  private static final long LARGE = 16L << 20;

  private final CpuRuntime runtime;
  private final Allocator.Region region;
  private final Nd4jGemm gemm;
  private final PanelGemm panelGemm;
  private final int inputs;
  private final int outputs;

  public Bf16Matrix(CpuRuntime runtime, HostTensor source) {
    this.runtime = runtime;
    gemm = new Nd4jGemm(runtime);
    inputs = source.shape().rows();
    outputs = source.shape().size(1);
    panelGemm = new PanelGemm(runtime, this::pack, inputs, outputs, 0);
    region = runtime.allocator().allocate(source.name(), bytes(), Usage.WEIGHTS);
    float[][] rows = new float[runtime.pool().size()][outputs];
    region.fill(
        () -> runtime.pool().forEach(inputs, (input, worker) -> pack(source, input, rows[worker])));
  }

  /**
   * Stores an input's numbers, each in its panel.
   *
   * @param row room for as many numbers
   */
  private void pack(HostTensor source, int input, float[] row) {
    source.copyTo((long) input * outputs, row, 0, outputs);
    for (int column = 0; column < outputs; column += 2 * Memory.LANES) {
      for (int lane = 0; lane < Memory.LANES; lane++) {
        int low = column + lane;
        int high = low + Memory.LANES;
        int word = 0;
        if (low < outputs) {
          word = BFloat16.of(row[low]) & 0xFFFF;
        }
        if (high < outputs) {
          word |= BFloat16.of(row[high]) << 16;
        }
        Memory.setInt(at(input, column) + (long) lane * Integer.BYTES, word);
      }
    }
  }

  /** Where the words of a pair of vectors begin; {@code column} is the first of its columns. */
  private long at(int input, int column) {
    long panel = column / PANEL;
    long pair = column % PANEL / (2 * Memory.LANES);
    return region.address()
        + (panel * inputs + input) * Bf16PanelKernels.ROW_BYTES
        + pair * Memory.VECTOR;
  }

  /** Where a panel begins. */
  private long panel(int panel) {
    return at(0, panel * PANEL);
  }

  private int panels() {
    return (outputs + PANEL - 1) / PANEL;
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
    return (long) panels() * inputs * Bf16PanelKernels.ROW_BYTES;
  }

  @Override
  public void multiply(CpuTensor out, CpuTensor x, FusedEpilogue epilogue) {
    int rows = x.shape().rows();
    if (rows == 1) {
      multiplyOneRow(out.address(), x.address(), epilogue);
    } else if ((TileGemm.IS_FASTER || runtime.isBatchInvariant()) && rows >= TILE_ROWS) {
      panelGemm.run(out, x, epilogue);
    } else if (!runtime.isBatchInvariant()
        && !TileGemm.IS_FASTER
        && rows >= GEMM_ROWS
        && (long) inputs * outputs <= LARGE) {
      multiplyWidened(out, x, epilogue);
    } else {
      multiplyPanels(out.address(), x.address(), epilogue, rows);
    }
  }

  /** Two panels at a time, by whichever worker is free: one held up doesn't hold up the others. */
  private void multiplyOneRow(long out, long x, FusedEpilogue epilogue) {
    WorkerPool pool = runtime.pool();
    long stride = 2L * PANEL * Float.BYTES;
    long sums = runtime.scratch().bytes(pool.size() * stride);
    int pairs = panels() / 2;
    pool.forEach(
        (panels() + 1) / 2,
        (task, worker) -> {
          long first = sums + worker * stride; // [PANEL]
          long second = first + (long) PANEL * Float.BYTES; // [PANEL]
          if (task < pairs) {
            Bf16PanelKernels.oneRowTwoPanels(first, x, panel(task), panel(pairs + task), inputs);
            epilogue(epilogue, out, first, task);
            epilogue(epilogue, out, second, pairs + task);
          } else {
            Bf16PanelKernels.multiply(first, x, panel(2 * task), 1, inputs);
            epilogue(epilogue, out, first, 2 * task);
          }
        });
  }

  /** Finishes a panel's part of a row. */
  private void epilogue(FusedEpilogue epilogue, long out, long sums, int panel) {
    int first = panel * PANEL;
    int count = Math.min(PANEL, outputs - first);
    epilogue.apply(out + (long) first * Float.BYTES, sums, first, count);
  }

  private void multiplyPanels(long out, long x, FusedEpilogue epilogue, int rows) {
    WorkerPool pool = runtime.pool();
    long stride = (long) rows * PANEL * Float.BYTES;
    long sums = runtime.scratch().bytes(pool.size() * stride);
    long rowBytes = (long) outputs * Float.BYTES;
    pool.run(
        (worker, workers) -> {
          long own = sums + worker * stride;
          int from = (int) ((long) panels() * worker / workers);
          int to = (int) ((long) panels() * (worker + 1) / workers);
          for (int panel = from; panel < to; panel++) {
            Bf16PanelKernels.multiply(own, x, panel(panel), rows, inputs); // own: [rows, PANEL]
            for (int row = 0; row < rows; row++) {
              long part = own + (long) row * PANEL * Float.BYTES;
              epilogue(epilogue, out + row * rowBytes, part, panel);
            }
          }
        });
  }

  /** Input after input, as in all kernels of {@link Bf16PanelKernels}. */
  private void pack(long to, int panel, long work) {
    for (int i = 0; i < PanelGemm.PANEL / Memory.LANES; i++) {
      int column = panel * PanelGemm.PANEL + i * Memory.LANES;
      if (column < outputs) {
        boolean high = column / Memory.LANES % 2 == 1;
        long words = at(0, column);
        Bf16PanelKernels.widenVector(
            to + (long) i * Memory.VECTOR, PanelGemm.PANEL_BYTES, words, high, inputs);
      }
    }
  }

  private void multiplyWidened(CpuTensor out, CpuTensor x, FusedEpilogue epilogue) {
    CpuTensor widened = runtime.widened().matrix(inputs, outputs);
    long target = widened.address();
    runtime
        .pool()
        .forEach(
            panels(),
            (panel, worker) -> {
              int first = panel * PANEL;
              int count = Math.min(PANEL, outputs - first);
              Bf16PanelKernels.widen(
                  target + (long) first * Float.BYTES, panel(panel), inputs, outputs, count);
            });
    gemm.run(out, x, widened.array(runtime.products()), false, epilogue);
  }

  @Override
  public void close() {
    region.close();
  }
}
