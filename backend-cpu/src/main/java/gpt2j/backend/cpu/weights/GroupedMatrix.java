package gpt2j.backend.cpu.weights;

import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.backend.cpu.kernel.GroupKernel;
import gpt2j.backend.cpu.kernel.Q4GroupKernel;
import gpt2j.backend.cpu.kernel.Q8GroupKernel;
import gpt2j.backend.cpu.memory.Allocator;
import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.runtime.CpuRuntime;
import gpt2j.backend.cpu.simd.Memory;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A quantised matrix in panels of {@link GroupKernel#PANEL} columns, {@code [panel][group]} as the
 * {@link GroupKernel} of its format reads them. Where the inputs are no multiple of a group's, what
 * is missing counts as zero. A table of embeddings is one, too: its vectors are the columns, so
 * that the product of the output head is that of any matrix.
 */
public final class GroupedMatrix implements Matrix, CpuEmbeddingTable {
  private static final int PANEL = GroupKernel.PANEL;
  private static final int GROUP = GroupKernel.GROUP;
  private static final int HALF = GROUP / 2; // inputs that share words of four bits

  private static final int OFFSET_8 = 128; // by how much stored numbers are too large
  private static final int OFFSET_4 = 8;

  /** With more rows it is faster to widen the matrix panel by panel. */
  private static final int GEMM_ROWS = 16;

  private final CpuRuntime runtime;
  private final Allocator.Region region;
  private final PanelGemm gemm;
  private final WeightFormat format;
  private final GroupKernel kernel;
  private final int inputs;
  private final int outputs;
  private final int groups;
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
    kernel = format == WeightFormat.Q8_0 ? new Q8GroupKernel() : new Q4GroupKernel();
    groups = Math.ceilDiv(inputs, GROUP);
    panels = Math.ceilDiv(outputs, PANEL);
    int workBytes = (GROUP + 1) * GroupKernel.PANEL_BYTES;
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
    float[][] pieces = new float[runtime.pool().size()][PANEL * inputs];
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
    int first = panel * PANEL;
    int count = Math.min(PANEL, outputs - first);
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
    long at = group(output / PANEL, group);
    long word = at + (long) lane(output) * Integer.BYTES;
    int part = part(output);
    for (int i = 0; i < count; i++) {
      if (format == WeightFormat.Q8_0) {
        long to = word + (long) i * Memory.VECTOR + part;
        Memory.setByte(to, (byte) (integers[i] + OFFSET_8));
      } else {
        long pair = word + (long) i % HALF * Memory.VECTOR;
        int shift = 16 * (i / HALF) + 4 * part;
        int bits = integers[i] + OFFSET_4 << shift;
        Memory.setInt(pair, Memory.getInt(pair) | bits); // zeros before
      }
    }
    Memory.setShort(scale(at, output), scale);
    if (Float.isNaN(Float.float16ToFloat(scale))) {
      spoiled.add(output);
    }
  }

  /** A weight as the format has it. */
  private float weight(int input, int output) {
    long at = group(output / PANEL, input / GROUP);
    long word = at + (long) lane(output) * Integer.BYTES;
    int i = input % GROUP;
    float scale = Float.float16ToFloat(Memory.getShort(scale(at, output)));
    if (format == WeightFormat.Q8_0) {
      int stored = Memory.getByte(word + (long) i * Memory.VECTOR + part(output));
      return scale * ((stored & 0xFF) - OFFSET_8);
    }
    int shift = 16 * (i / HALF) + 4 * part(output);
    int bits = Memory.getInt(word + (long) i % HALF * Memory.VECTOR) >> shift & 0xF;
    return scale * (bits - OFFSET_4);
  }

  /** Which of the four parts of its word an output has. */
  private static int part(int output) {
    return output % PANEL / Memory.LANES;
  }

  private static int lane(int output) {
    return output % Memory.LANES;
  }

  /** Where an output's scale lies, in a group: two in a word. */
  private long scale(long group, int output) {
    int part = part(output);
    long word = (long) part / 2 * Memory.VECTOR + (long) lane(output) * Integer.BYTES;
    return group + kernel.groupBytes() - GroupKernel.SCALES_BYTES + word + part % 2 * Short.BYTES;
  }

  private long group(int panel, int group) {
    return region.address() + ((long) panel * groups + group) * kernel.groupBytes();
  }

  private long panel(int panel) {
    return group(panel, 0);
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
    return (long) panels * groups * kernel.groupBytes();
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
    long ownBytes = 3L * GroupKernel.PANEL_BYTES;
    long scratch = runtime.scratch().bytes(rows * xBytes + runtime.pool().size() * ownBytes);
    boolean isWhole = inputs % GROUP == 0;
    if (!isWhole) {
      pad(x, rows, scratch, xBytes);
    }
    long from = isWhole ? x : scratch;
    runtime
        .pool()
        .forEach(
            panels,
            (panel, worker) -> {
              long sums = scratch + rows * xBytes + worker * ownBytes;
              long work = sums + GroupKernel.PANEL_BYTES;
              for (int row = 0; row < rows; row++) {
                Memory.clear(sums, GroupKernel.PANEL_BYTES);
                kernel.oneRow(sums, from + row * xBytes, panel(panel), groups, work);
                finish(epilogue, out, row, sums, panel);
              }
            });
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
    int first = panel * PANEL;
    int count = Math.min(PANEL, outputs - first);
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
   * Makes float32 of some columns, which lie in one panel or in two.
   *
   * @param work {@code [32, PANEL]}, and the scales of a group
   */
  private void pack(long to, int columns, long work) {
    int first = columns * PanelGemm.PANEL;
    int end = Math.min(first + PanelGemm.PANEL, outputs);
    long scales = work + (long) GROUP * GroupKernel.PANEL_BYTES;
    for (int column = first; column < end; column = (column / PANEL + 1) * PANEL) {
      int count = Math.min(end, (column / PANEL + 1) * PANEL) - column;
      long from = work + (long) (column % PANEL) * Float.BYTES;
      long target = to + (long) (column - first) * Float.BYTES;
      for (int group = 0; group < groups; group++) {
        widen(group(column / PANEL, group), work, scales);
        int inputsOfGroup = Math.min(GROUP, inputs - group * GROUP);
        for (int i = 0; i < inputsOfGroup; i++) {
          long row = target + (group * GROUP + i) * PanelGemm.PANEL_BYTES;
          Memory.copyRow(from + (long) i * GroupKernel.PANEL_BYTES, row, count);
        }
      }
    }
  }

  private void widen(long group, long to, long scales) {
    for (int column = 0; column < PANEL; column++) {
      float scale = Float.float16ToFloat(Memory.getShort(scale(group, column)));
      Memory.set(scales + (long) column * Float.BYTES, scale / kernel.unit(part(column)));
    }
    kernel.widen(to, group, scales);
  }

  @Override
  public void close() {
    region.close();
  }
}
