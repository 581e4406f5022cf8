package gpt2j.backend.cpu.weights;

import gpt2j.backend.cpu.kernel.Bf16PanelKernels;
import gpt2j.backend.cpu.kernel.TileGemm;
import gpt2j.backend.cpu.kernel.VectorAdd;
import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.runtime.CpuRuntime;
import gpt2j.backend.cpu.simd.Memory;

/**
 * The product of many rows with a matrix, where each row's sums must be added up as they are when
 * it is multiplied alone, which no library promises. So the order in which the inputs are added is
 * that of the kernels of few rows: some parts of the inputs each by themselves, then the parts.
 *
 * <p>A panel of columns is copied to a piece of memory that stays in the first-level cache, some
 * inputs at a time, and multiplied with all rows, four of them at once.
 */
final class PanelGemm {
  /** Columns of a panel. */
  static final int PANEL = Bf16PanelKernels.PANEL;

  private static final long PANEL_BYTES = (long) PANEL * Float.BYTES;

  /** Inputs of a panel at a time: 16 KiB with the widest vectors. */
  private static final int DEPTH = 64;

  /** Rows whose sums a worker keeps at a time, in the second-level cache. */
  private static final int ROWS = 256;

  private static final int TILE = TileGemm.ROWS;
  private static final long TILE_BYTES = TILE * PANEL_BYTES;

  /** A matrix, and the order in which its inputs are added. */
  interface Source {
    /** The input that is added k-th. */
    int input(int k);

    /**
     * Copies {@code [count, PANEL]} numbers: those of a panel's columns for the inputs that are
     * added {@code first}-th and behind it. What is in columns beyond the last doesn't matter.
     */
    void pack(long to, int panel, int first, int count);
  }

  private final CpuRuntime runtime;
  private final Source source;
  private final int inputs;
  private final int outputs;
  private final int parts;

  /**
   * Of a matrix {@code [inputs, outputs]}.
   *
   * @param parts of the inputs, part p from {@code inputs·p/parts} to before {@code inputs·(p +
   *     1)/parts}
   */
  PanelGemm(CpuRuntime runtime, Source source, int inputs, int outputs, int parts) {
    this.runtime = runtime;
    this.source = source;
    this.inputs = inputs;
    this.outputs = outputs;
    this.parts = parts;
  }

  /** {@code out = epilogue(x·matrix)}, row by row. */
  void run(CpuTensor out, CpuTensor x, FusedEpilogue epilogue) {
    int rows = x.shape().rows();
    int tiles = Math.ceilDiv(rows, TILE);
    int blocks = Math.ceilDiv(rows, ROWS);
    int panels = Math.ceilDiv(outputs, PANEL);
    long xBytes = (long) Memory.padded(tiles * TILE * inputs) * Float.BYTES;
    long sumsBytes = Math.min(tiles, ROWS / TILE) * TILE_BYTES;
    long ownBytes = DEPTH * PANEL_BYTES + 2 * sumsBytes;
    long turned = runtime.scratch().bytes(xBytes + runtime.pool().size() * ownBytes);
    long target = out.address();
    long from = x.address();
    runtime.pool().forEach(tiles, (tile, worker) -> turn(turned, from, rows, tile));
    runtime
        .pool()
        .forEach(
            panels * blocks,
            (task, worker) -> {
              long own = turned + xBytes + worker * ownBytes;
              int block = task % blocks * ROWS;
              int count = Math.min(ROWS, rows - block);
              multiply(own, sumsBytes, turned, task / blocks, block, count, target, epilogue);
            });
  }

  /**
   * Four rows of x become {@code [inputs, 4]}, in the order of adding; zeros where there is none.
   */
  private void turn(long turned, long x, int rows, int tile) {
    long to = turned + (long) tile * inputs * TILE * Float.BYTES;
    for (int i = 0; i < TILE; i++) {
      int row = tile * TILE + i;
      long from = x + (long) row * inputs * Float.BYTES;
      for (int k = 0; k < inputs; k++) {
        float value = row < rows ? Memory.get(from + (long) source.input(k) * Float.BYTES) : 0;
        Memory.set(to + ((long) k * TILE + i) * Float.BYTES, value);
      }
    }
  }

  /**
   * One panel of some rows.
   *
   * @param own working memory: a piece of the panel, a part's sums, all sums
   * @param block the first of the rows
   */
  private void multiply(
      long own,
      long sumsBytes,
      long turned,
      int panel,
      int block,
      int rows,
      long out,
      FusedEpilogue epilogue) {
    long piece = own;
    long all = own + DEPTH * PANEL_BYTES;
    long one = all + sumsBytes;
    int tiles = Math.ceilDiv(rows, TILE);
    long firstTile = turned + (long) block * inputs * Float.BYTES;
    for (int part = 0; part < parts; part++) {
      long sums = part == 0 ? all : one;
      Memory.clear(sums, tiles * TILE_BYTES);
      int end = (int) ((long) inputs * (part + 1) / parts);
      int first = (int) ((long) inputs * part / parts);
      for (; first < end; first += DEPTH) {
        int depth = Math.min(DEPTH, end - first);
        source.pack(piece, panel, first, depth);
        for (int tile = 0; tile < tiles; tile++) {
          TileGemm.add(
              sums + tile * TILE_BYTES,
              PANEL_BYTES,
              firstTile + ((long) tile * inputs + first) * TILE * Float.BYTES,
              Float.BYTES,
              TILE * Float.BYTES,
              piece,
              PANEL_BYTES,
              depth,
              PANEL);
        }
      }
      if (part > 0) {
        VectorAdd.add(all, all, one, tiles * TILE * PANEL);
      }
    }
    int column = panel * PANEL;
    int columns = Math.min(PANEL, outputs - column);
    for (int row = 0; row < rows; row++) {
      long to = out + ((long) (block + row) * outputs + column) * Float.BYTES;
      epilogue.apply(to, all + row * PANEL_BYTES, column, columns);
    }
  }
}
