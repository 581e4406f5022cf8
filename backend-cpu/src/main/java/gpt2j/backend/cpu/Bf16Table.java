package gpt2j.backend.cpu;

import gpt2j.api.BFloat16;
import gpt2j.api.HostTensor;
import gpt2j.api.Usage;

/**
 * A bfloat16 table, one vector after another. A 32-bit word holds two neighbours, the first in its
 * low half, so that a shift and a mask widen a vector of words to the even and the odd numbers; x
 * is split in the same way before the product. Vectors end with zeros up to a whole number of
 * words.
 */
final class Bf16Table implements CpuEmbeddingTable {
  /** Vectors that a worker takes at a time. */
  private static final int PART = 1024;

  private final CpuRuntime runtime;
  private final Allocator.Region region;
  private final int rows;
  private final int width;
  private final int words; // of one vector

  Bf16Table(CpuRuntime runtime, HostTensor source) {
    this.runtime = runtime;
    rows = source.shape().rows();
    width = source.shape().size(1);
    words = Memory.padded((width + 1) / 2);
    WarmUp.startBf16();
    region = runtime.allocator().allocate(source.name(), bytes(), Usage.WEIGHTS);
    float[][] vectors = new float[runtime.pool().size()][width];
    runtime.pool().forEach(rows, (row, worker) -> pack(source, row, vectors[worker]));
  }

  /**
   * Fills a vector.
   *
   * @param vector room for as many numbers
   */
  private void pack(HostTensor source, int row, float[] vector) {
    source.copyTo((long) row * width, vector, 0, width);
    long to = vector(row);
    for (int i = 0; i < width; i++) {
      Memory.setShort(to + (long) i * Short.BYTES, BFloat16.of(vector[i]));
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
    return (long) rows * words * Integer.BYTES;
  }

  /** A part of the vectors at a time, by whichever worker is free: four with all rows of x. */
  @Override
  public void multiply(CpuTensor out, CpuTensor x) {
    int count = x.shape().rows();
    long sumsBytes = runtime.pool().size() * Bf16RowProducts.SUMS;
    long sums = runtime.scratch().bytes(sumsBytes + count * splitBytes());
    long split = sums + sumsBytes;
    long from = x.address();
    for (int row = 0; row < count; row++) {
      split(split + row * splitBytes(), from + (long) row * width * Float.BYTES);
    }
    long to = out.address();
    runtime
        .pool()
        .forEach(
            (rows + PART - 1) / PART,
            (part, worker) -> {
              long own = sums + worker * Bf16RowProducts.SUMS;
              int first = part * PART;
              int end = Math.min(rows, first + PART);
              // Four streams, each through vectors that follow each other.
              int run = (end - first) / Bf16RowProducts.ROWS;
              for (int vector = first; vector < first + run; vector++) {
                for (int row = 0; row < count; row++) {
                  Bf16RowProducts.fourRows(
                      own, split + row * splitBytes(), vector(vector), run, words);
                  Bf16RowProducts.finish(at(to, row, vector), own, run);
                }
              }
              for (int vector = first + Bf16RowProducts.ROWS * run; vector < end; vector++) {
                for (int row = 0; row < count; row++) {
                  Bf16RowProducts.oneRow(
                      at(to, row, vector), split + row * splitBytes(), vector(vector), words);
                }
              }
            });
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

  private long at(long out, int row, int vector) {
    return out + ((long) row * rows + vector) * Float.BYTES;
  }

  private long vector(int row) {
    return region.address() + (long) row * words * Integer.BYTES;
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
