package gpt2j.backend.cpu.weights;

import gpt2j.api.tensor.BFloat16;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Usage;
import gpt2j.backend.cpu.kernel.Bf16TableKernel;
import gpt2j.backend.cpu.memory.Allocator;
import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.runtime.CpuRuntime;
import gpt2j.backend.cpu.simd.Memory;

/**
 * A bfloat16 table, one vector after another. A 32-bit word holds two neighbours, the first in its
 * low half, so that a shift and a mask widen a vector of words to the even and the odd numbers; x
 * is split in the same way before the product. Vectors end with zeros up to a whole number of
 * words.
 */
public final class Bf16Table implements CpuEmbeddingTable {
  /** Vectors that are read at a time when the table is loaded. */
  private static final int AT_ONCE = 16;

  private final CpuRuntime runtime;
  private final Allocator.Region region;
  private final int rows;
  private final int width;
  private final int words; // of one vector
  private final TableGemv product;

  public Bf16Table(CpuRuntime runtime, HostTensor source) {
    this.runtime = runtime;
    rows = source.shape().rows();
    width = source.shape().size(1);
    words = Memory.padded((width + 1) / 2);
    region = runtime.allocator().allocate(source.name(), bytes(), Usage.WEIGHTS);
    float[][] pieces = new float[runtime.pool().size()][AT_ONCE * width];
    region.fill(
        () ->
            runtime
                .pool()
                .forEach(
                    Math.ceilDiv(rows, AT_ONCE),
                    (piece, worker) -> pack(source, piece * AT_ONCE, pieces[worker])));
    product =
        new TableGemv(runtime, new Bf16TableKernel(words), region.address(), rows, rowBytes());
  }

  /**
   * Fills some vectors.
   *
   * @param piece room for {@link #AT_ONCE} of them
   */
  private void pack(HostTensor source, int first, float[] piece) {
    int count = Math.min(AT_ONCE, rows - first);
    source.copyTo((long) first * width, piece, 0, count * width);
    for (int row = 0; row < count; row++) {
      long to = vector(first + row);
      for (int i = 0; i < width; i++) {
        Memory.setShort(to + (long) i * Short.BYTES, BFloat16.of(piece[row * width + i]));
      }
    }
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
    return rows * rowBytes();
  }

  @Override
  public void multiply(CpuTensor out, CpuTensor x) {
    int count = x.shape().rows();
    long sumsBytes = product.scratchBytes(count);
    long sums = runtime.scratch().bytes(sumsBytes + count * splitBytes());
    long split = sums + sumsBytes;
    for (int row = 0; row < count; row++) {
      split(split + row * splitBytes(), x.address() + (long) row * width * Float.BYTES);
    }
    product.run(out.address(), split, count, splitBytes(), sums);
  }

  /** The even numbers of a row of x, then the odd ones, each with zeros up to whole vectors. */
  private void split(long to, long x) {
    Memory.clear(to, splitBytes());
    for (int i = 0; i < width; i++) {
      long half = i % 2 == 0 ? to : to + (long) words * Float.BYTES;
      Memory.set(half + (long) (i / 2) * Float.BYTES, Memory.get(x + (long) i * Float.BYTES));
    }
  }

  private long splitBytes() {
    return 2L * words * Float.BYTES;
  }

  private long rowBytes() {
    return (long) words * Integer.BYTES;
  }

  private long vector(int row) {
    return region.address() + row * rowBytes();
  }

  @Override
  public void vector(int index, long to, boolean add) {
    long vector = vector(Math.clamp(index, 0, rows - 1));
    for (int i = 0; i < width; i++) {
      float value = BFloat16.toFloat(Memory.getShort(vector + (long) i * Short.BYTES));
      long target = to + (long) i * Float.BYTES;
      Memory.set(target, add ? Memory.get(target) + value : value);
    }
  }

  @Override
  public void close() {
    region.close();
  }
}
