package gpt2j.backend.cpu.weights;

import gpt2j.backend.cpu.kernel.TileGemm;
import gpt2j.backend.cpu.kernel.VectorAdd;
import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.runtime.CpuRuntime;
import gpt2j.backend.cpu.simd.Memory;

/**
 * The product of many rows with a matrix, by kernels of ours: faster than ND4J's where vectors have
 * 512 bits, which its natives don't use, and in an order of adding that is known. So each row's
 * sums can be what they are when it is multiplied alone: some parts of the inputs each by
 * themselves, then the parts.
 *
 * <p>A panel of columns is copied to where it stays in the second-level cache, and multiplied with
 * all rows, four of them at once.
 */
final class PanelGemm {
  /** Columns of a panel. */
  static final int PANEL = TileGemm.COLUMNS;

  /** Bytes of a panel's part of a row. */
  static final long PANEL_BYTES = (long) PANEL * Float.BYTES;

  private static final int TILE = TileGemm.ROWS;

  /** A matrix, and the order in which its inputs are added. */
  interface Source {
    /**
     * Copies a panel, {@code [inputs, PANEL]}. What is in columns beyond the last is ignored.
     *
     * @param work working memory
     */
    void pack(long to, int panel, long work);
  }

  private final CpuRuntime runtime;
  private final Source source;
  private final int inputs;
  private final int outputs;
  private final int workBytes;
  private final int[] order;
  private final int parts;

  /**
   * Of a matrix {@code [inputs, outputs]}, whose inputs are added one after the other.
   *
   * @param source its panels
   * @param workBytes working memory that the source needs
   */
  PanelGemm(CpuRuntime runtime, Source source, int inputs, int outputs, int workBytes) {
    this(runtime, source, inputs, outputs, workBytes, new int[0], 1);
  }

  /**
   * Of a matrix {@code [inputs, outputs]}.
   *
   * @param source its panels, with the inputs in their order
   * @param order which input is added k-th
   * @param parts of the inputs, part p from {@code inputs·p/parts} to before {@code inputs·(p +
   *     1)/parts}
   */
  PanelGemm(
      CpuRuntime runtime,
      Source source,
      int inputs,
      int outputs,
      int workBytes,
      int[] order,
      int parts) {
    this.runtime = runtime;
    this.source = source;
    this.inputs = inputs;
    this.outputs = outputs;
    this.workBytes = workBytes;
    this.order = order;
    this.parts = parts;
  }

  /** {@code out = epilogue(x·matrix)}, row by row. */
  void run(CpuTensor out, CpuTensor x, FusedEpilogue epilogue) {
    int rows = x.shape().rows();
    int tiles = Math.ceilDiv(rows, TILE);
    boolean isInOrder = order.length == 0;
    // Turned tiles, or just the last one with rows of zeros, if it isn't full.
    int copies = isInOrder ? 1 : tiles;
    long tileBytes = (long) TILE * inputs * Float.BYTES;
    long ownBytes = (inputs + 2 * TILE) * PANEL_BYTES + workBytes;
    long copied = runtime.scratch().bytes(copies * tileBytes + runtime.pool().size() * ownBytes);
    long from = x.address();
    if (!isInOrder) {
      runtime
          .pool()
          .forEach(tiles, (tile, worker) -> turn(copied + tile * tileBytes, from, rows, tile));
    } else if (rows % TILE != 0) {
      fill(copied, from, rows, tiles - 1);
    }
    runtime
        .pool()
        .forEach(
            Math.ceilDiv(outputs, PANEL),
            (panel, worker) -> {
              long own = copied + copies * tileBytes + worker * ownBytes;
              source.pack(own, panel, own + (inputs + 2 * TILE) * PANEL_BYTES);
              for (int tile = 0; tile < tiles; tile++) {
                boolean isFull = (tile + 1) * TILE <= rows;
                int copy = isInOrder ? 0 : tile;
                long a = isInOrder && isFull ? from + tile * tileBytes : copied + copy * tileBytes;
                long sums = own + inputs * PANEL_BYTES;
                multiply(sums, a, own);
                int count = Math.min(TILE, rows - tile * TILE);
                finish(out.address(), sums, panel, tile * TILE, count, epilogue);
              }
            });
  }

  /**
   * Four rows of x become {@code [inputs, 4]}, in the order of adding; zeros where there is none.
   */
  private void turn(long to, long x, int rows, int tile) {
    for (int i = 0; i < TILE; i++) {
      int row = tile * TILE + i;
      long from = x + (long) row * inputs * Float.BYTES;
      for (int k = 0; k < inputs; k++) {
        float value = row < rows ? Memory.get(from + (long) order[k] * Float.BYTES) : 0;
        Memory.set(to + ((long) k * TILE + i) * Float.BYTES, value);
      }
    }
  }

  /** The last rows of x, with zeros behind them. */
  private void fill(long to, long x, int rows, int tile) {
    long rowBytes = (long) inputs * Float.BYTES;
    int count = rows - tile * TILE;
    Memory.copy(x + tile * TILE * rowBytes, to, count * rowBytes);
    Memory.clear(to + count * rowBytes, (TILE - count) * rowBytes);
  }

  /**
   * {@code sums = a·panel}.
   *
   * @param sums {@code [4, PANEL]}, and as much working memory
   * @param a four rows of x, turned or not
   */
  private void multiply(long sums, long a, long panel) {
    boolean isTurned = order.length > 0;
    long rowBytes = isTurned ? Float.BYTES : (long) inputs * Float.BYTES;
    long step = isTurned ? TILE * Float.BYTES : Float.BYTES;
    long part = sums + TILE * PANEL_BYTES;
    for (int p = 0; p < parts; p++) {
      int first = (int) ((long) inputs * p / parts);
      int count = (int) ((long) inputs * (p + 1) / parts) - first;
      long to = p == 0 ? sums : part;
      TileGemm.product(to, a + first * step, rowBytes, step, panel + first * PANEL_BYTES, count);
      if (p > 0) {
        VectorAdd.add(sums, sums, part, TILE * PANEL);
      }
    }
  }

  private void finish(long out, long sums, int panel, int row, int count, FusedEpilogue epilogue) {
    int column = panel * PANEL;
    int columns = Math.min(PANEL, outputs - column);
    for (int i = 0; i < count; i++) {
      long to = out + ((long) (row + i) * outputs + column) * Float.BYTES;
      epilogue.apply(to, sums + i * PANEL_BYTES, column, columns);
    }
  }
}
