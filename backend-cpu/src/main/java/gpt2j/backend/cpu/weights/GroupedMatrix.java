package gpt2j.backend.cpu.weights;

import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.backend.cpu.kernel.Prefetch;
import gpt2j.backend.cpu.memory.Allocator;
import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.runtime.CpuRuntime;
import gpt2j.backend.cpu.simd.Memory;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A quantised matrix in panels of columns, as the {@link GroupLayout} of its format has them. Where
 * the inputs are no multiple of a group's, what is missing counts as zero. A table of embeddings is
 * one, too: its vectors are the columns, so that the product of the output head is that of any
 * matrix.
 */
public final class GroupedMatrix implements Matrix, CpuEmbeddingTable {
  private static final int GROUP = GroupLayout.GROUP;

  /** With more rows it is faster to widen the matrix panel by panel. */
  private static final int GEMM_ROWS = 16;

  private static final long RUN_BYTES = 128 << 10;

  private final CpuRuntime runtime;
  private final Allocator.Region region;
  private final PanelGemm gemm;
  private final WeightFormat format;
  private final GroupLayout layout;
  private final int inputs;
  private final int outputs;
  private final int groups;
  private final int columns; // of a panel
  private final int panels;

  /** Outputs with a weight that is NaN, which kernels don't see. There are hardly ever any. */
  private final Set<Integer> spoiled = ConcurrentHashMap.newKeySet();

  /** Room for a matrix {@code [inputs, outputs]}. */
  private GroupedMatrix(
      CpuRuntime runtime, String name, int inputs, int outputs, WeightFormat format) {
    this.runtime = runtime;
    this.format = format;
    this.inputs = inputs;
    this.outputs = outputs;
    layout = format == WeightFormat.Q8_0 ? new Q8Layout() : new Q4Layout();
    columns = layout.columns();
    groups = Math.ceilDiv(inputs, GROUP);
    panels = Math.ceilDiv(outputs, columns);
    int workBytes = GROUP * Memory.VECTOR;
    gemm = new PanelGemm(runtime, this::pack, inputs, outputs, workBytes);
    region = runtime.allocator().allocate(name, bytes(), Usage.WEIGHTS);
  }

  /** The matrix {@code [inputs, outputs]} of a checkpoint. */
  public static GroupedMatrix ofMatrix(CpuRuntime runtime, HostTensor source, WeightFormat format) {
    int inputs = source.shape().rows();
    int outputs = source.shape().size(1);
    var matrix = new GroupedMatrix(runtime, source.name(), inputs, outputs, format);
    float[][] pieces = new float[runtime.pool().size()][GROUP * outputs];
    matrix.region.fill(
        () ->
            runtime
                .pool()
                .forEach(
                    matrix.groups,
                    (group, worker) -> matrix.packGroup(source, group, pieces[worker])));
    return matrix;
  }

  /** The matrix whose columns are the vectors of a table {@code [outputs, inputs]}. */
  public static GroupedMatrix ofTable(CpuRuntime runtime, HostTensor source, WeightFormat format) {
    int inputs = source.shape().size(1);
    int outputs = source.shape().rows();
    var matrix = new GroupedMatrix(runtime, source.name(), inputs, outputs, format);
    float[][] pieces = new float[runtime.pool().size()][matrix.columns * inputs];
    matrix.region.fill(
        () ->
            runtime
                .pool()
                .forEach(
                    matrix.panels,
                    (panel, worker) -> matrix.packPanel(source, panel, pieces[worker])));
    return matrix;
  }

  /** One group of inputs, of all outputs. */
  private void packGroup(HostTensor source, int group, float[] piece) {
    int first = group * GROUP;
    int count = Math.min(GROUP, inputs - first);
    source.copyTo((long) first * outputs, piece, 0, count * outputs);
    byte[] integers = new byte[GROUP];
    for (int output = 0; output < outputs; output++) {
      short scale = format.quantize(piece, output, count, outputs, integers);
      store(group, output, scale, integers, count);
    }
  }

  /** Some outputs, each with all of its inputs. */
  private void packPanel(HostTensor source, int panel, float[] piece) {
    int first = panel * columns;
    int count = Math.min(columns, outputs - first);
    source.copyTo((long) first * inputs, piece, 0, count * inputs);
    byte[] integers = new byte[GROUP];
    for (int i = 0; i < count; i++) {
      for (int group = 0; group < groups; group++) {
        int from = i * inputs + group * GROUP;
        int length = Math.min(GROUP, inputs - group * GROUP);
        short scale = format.quantize(piece, from, length, 1, integers);
        store(group, first + i, scale, integers, length);
      }
    }
  }

  private void store(int group, int output, short scale, byte[] integers, int count) {
    long panel = panel(output / columns);
    int column = output % columns;
    layout.set(panel, groups, group, column, integers, count);
    Memory.setShort(layout.scale(panel, groups, group, column), scale);
    if (Float.isNaN(Float.float16ToFloat(scale))) {
      spoiled.add(output);
    }
  }

  /** A weight as the format has it. */
  private float weight(int input, int output) {
    long panel = panel(output / columns);
    int column = output % columns;
    return scale(panel, input / GROUP, column) * layout.get(panel, groups, input, column);
  }

  private float scale(long panel, int group, int column) {
    return Float.float16ToFloat(Memory.getShort(layout.scale(panel, groups, group, column)));
  }

  private long panel(int panel) {
    return region.address() + panel * layout.panelBytes(groups);
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
  public int rows() {
    return outputs;
  }

  @Override
  public int width() {
    return inputs;
  }

  @Override
  public long bytes() {
    return panels * layout.panelBytes(groups);
  }

  @Override
  public void vector(int index, long to, boolean add) {
    int output = Math.clamp(index, 0, outputs - 1);
    for (int input = 0; input < inputs; input++) {
      float weight = weight(input, output);
      long target = to + (long) input * Float.BYTES;
      Memory.set(target, add ? Memory.get(target) + weight : weight);
    }
  }

  @Override
  public void multiply(CpuTensor out, CpuTensor x) {
    multiply(out, x, FusedEpilogue.NOTHING);
  }

  @Override
  public void multiply(CpuTensor out, CpuTensor x, FusedEpilogue epilogue) {
    int rows = x.shape().rows();
    if (rows >= GEMM_ROWS && !runtime.isBatchInvariant()) {
      gemm.run(out, x, epilogue);
    } else {
      multiplyRows(out.address(), x.address(), rows, epilogue);
    }
  }

  /** Row by row, each as if it were alone, with some columns that stay in the cache. */
  private void multiplyRows(long out, long x, int rows, FusedEpilogue epilogue) {
    long xBytes = (long) groups * GROUP * Float.BYTES;
    long sumsBytes = (long) columns * Float.BYTES;
    long ownBytes = sumsBytes + layout.workBytes();
    long scratch = runtime.scratch().bytes(rows * xBytes + runtime.pool().size() * ownBytes);
    boolean isWhole = inputs % GROUP == 0;
    if (!isWhole) {
      pad(x, rows, scratch, xBytes);
    }
    long from = isWhole ? x : scratch;
    int run = run();
    runtime
        .pool()
        .forEach(
            Math.ceilDiv(panels, run),
            (task, worker) -> {
              long sums = scratch + rows * xBytes + worker * ownBytes;
              long work = sums + sumsBytes;
              for (int panel = task * run; panel < Math.min(panels, (task + 1) * run); panel++) {
                Prefetch.touch(panel(panel), layout.panelBytes(groups), sums);
                for (int row = 0; row < rows; row++) {
                  Memory.clear(sums, sumsBytes);
                  layout.oneRow(sums, from + row * xBytes, panel(panel), groups, work);
                  finish(epilogue, out, row, sums, panel);
                }
              }
            });
  }

  /**
   * Panels that a worker takes at a time: some that follow each other, for what the processor reads
   * ahead of one is of the next, but not so many that one worker ends long before the others.
   */
  private int run() {
    long together = RUN_BYTES / layout.panelBytes(groups);
    return Math.clamp(panels / (4 * runtime.pool().size()), 1, (int) Math.max(1, together));
  }

  /** Copies rows of x, with zeros behind each up to whole groups. */
  private void pad(long x, int rows, long to, long toBytes) {
    Memory.clear(to, rows * toBytes);
    long bytes = (long) inputs * Float.BYTES;
    for (int row = 0; row < rows; row++) {
      Memory.copy(x + row * bytes, to + row * toBytes, bytes);
    }
  }

  /** A panel's part of a row. */
  private void finish(FusedEpilogue epilogue, long out, int row, long sums, int panel) {
    int first = panel * columns;
    int count = Math.min(columns, outputs - first);
    spoil(sums, first, count);
    long to = out + ((long) row * outputs + first) * Float.BYTES;
    epilogue.apply(to, sums, first, count);
  }

  /** Writes NaN to what lies at {@code to} for the columns that are spoiled. */
  private void spoil(long to, int first, int count) {
    if (!spoiled.isEmpty()) {
      for (int i = 0; i < count; i++) {
        if (spoiled.contains(first + i)) {
          Memory.set(to + (long) i * Float.BYTES, Float.NaN);
        }
      }
    }
  }

  /**
   * Makes float32 of the columns of a {@link PanelGemm}'s panel, a vector of them at a time.
   *
   * @param work {@code [32, lanes]}
   */
  private void pack(long to, int gemmPanel, long work) {
    int first = gemmPanel * PanelGemm.PANEL;
    int end = Math.min(first + PanelGemm.PANEL, outputs);
    int whole = inputs / GROUP;
    for (int output = first; output < end; output += Memory.LANES) {
      long panel = panel(output / columns);
      int column = output % columns;
      long target = to + (long) (output - first) * Float.BYTES;
      for (int group = 0; group < whole; group++) {
        long rows = target + group * GROUP * PanelGemm.PANEL_BYTES;
        layout.widen(rows, PanelGemm.PANEL_BYTES, panel, groups, group, column);
      }
      if (whole < groups) {
        layout.widen(work, Memory.VECTOR, panel, groups, whole, column);
        for (int input = whole * GROUP; input < inputs; input++) {
          long row = work + (long) (input - whole * GROUP) * Memory.VECTOR;
          Memory.copyRow(row, target + input * PanelGemm.PANEL_BYTES, Memory.LANES);
        }
      }
    }
    spoil(to, first, end - first); // a weight of each column is enough
  }

  @Override
  public void close() {
    region.close();
  }
}
