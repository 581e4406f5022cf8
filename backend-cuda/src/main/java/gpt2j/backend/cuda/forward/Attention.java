package gpt2j.backend.cuda.forward;

import gpt2j.api.AttentionProbe;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.TokenBatch;
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.Tensor;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.launch.KernelFamily;
import gpt2j.backend.cuda.launch.KernelLauncher;
import gpt2j.backend.cuda.launch.Kernels;
import gpt2j.backend.cuda.memory.CudaKvCache;
import gpt2j.backend.cuda.memory.CudaTensor;
import gpt2j.backend.cuda.memory.Scratch;
import jcuda.driver.CUfunction;
import org.jspecify.annotations.Nullable;

/** What reads and writes caches of keys and values. */
public final class Attention {
  /** More rows are computed in tiles that share what they read. */
  private static final int FEW_ROWS = 32;

  private static final int LARGEST_TILED_HEAD = 256;
  private static final int LARGEST_HEAD = 1024;
  private static final int TILE_ELEMENTS = 4096;
  private static final int MOST_SPLITS = 64;
  private static final int SPLIT_POSITIONS = 64;
  private static final int WARP = 32;
  private static final int LOAD_BYTES = 16;
  private static final int BLOCK = 256;
  private static final int SMALL_BLOCK = 128;

  /** Beside the weighted values: the maximum, the sum, and what keeps the next one aligned. */
  private static final int PARTIAL_EXTRA = 8;

  private static final int MOST_GRID_Z = 65_535;

  private final CudaRuntime runtime;
  private final boolean batchInvariant;
  private final CUfunction append;
  private final CUfunction copy;
  private final CUfunction read;
  private final KernelFamily decode;
  private final KernelFamily tiled;
  private final KernelFamily probe;

  /**
   * Attention.
   *
   * @param batchInvariant whether a row's sums must not depend on how many rows there are
   */
  public Attention(CudaRuntime runtime, boolean batchInvariant) {
    this.runtime = runtime;
    this.batchInvariant = batchInvariant;
    Kernels kernels = runtime.kernels();
    append = kernels.get("append_kv");
    copy = kernels.get("copy_kv");
    read = kernels.get("read_kv");
    decode = KernelFamily.of(kernels, "attention_decode_%s_v%d", 1, 2, 8);
    tiled = KernelFamily.of(kernels, "attention_rows_%s_h%d", 64, 128, LARGEST_TILED_HEAD);
    probe = KernelFamily.of(kernels, "attention_probe_%s", 0);
  }

  public void append(CudaKvCache cache, int layer, CudaTensor qkv, TokenBatch batch) {
    KvCacheSpec spec = cache.spec();
    runtime
        .launcher()
        .begin()
        .address(cache.keys(layer))
        .address(cache.values(layer))
        .address(qkv.address())
        .address(CudaTensor.address(batch.slots()))
        .address(CudaTensor.address(batch.positions()))
        .integer(Kernels.code(cache.type()))
        .integer(spec.sequences())
        .integer(spec.heads())
        .integer(spec.headSize())
        .integer(spec.capacity())
        .launch(append, batch.rows(), 1, 1, BLOCK, 0);
  }

  public void attend(
      CudaTensor out,
      CudaTensor qkv,
      CudaKvCache cache,
      int layer,
      TokenBatch batch,
      float scale,
      AttentionProbe probe) {
    KvCacheSpec spec = cache.spec();
    if (spec.headSize() > LARGEST_HEAD) {
      throw new UnsupportedException(
          "the cuda backend has attention for heads of up to %d elements, not of %d"
              .formatted(LARGEST_HEAD, spec.headSize()));
    }
    Call call = new Call(out, qkv, cache, layer, batch, scale);
    if (!probe.equals(AttentionProbe.NONE)) {
      store(probe, call);
    }
    if (batchInvariant || batch.rows() <= FEW_ROWS || spec.headSize() > LARGEST_TILED_HEAD) {
      decode(call);
    } else {
      tiled(call);
    }
  }

  /** The arguments of one call, the part of them from some row on. */
  private record Call(
      CudaTensor out, CudaTensor qkv, CudaKvCache cache, int layer, TokenBatch batch, float scale) {
    KvCacheSpec spec() {
      return cache.spec();
    }

    long out(int row) {
      return out.address() + (long) row * spec().width() * Float.BYTES;
    }

    long qkv(int row) {
      return qkv.address() + 3L * row * spec().width() * Float.BYTES;
    }

    long slots(int row) {
      return CudaTensor.address(batch.slots()) + (long) row * Integer.BYTES;
    }

    long positions(int row) {
      return CudaTensor.address(batch.positions()) + (long) row * Integer.BYTES;
    }

    void addShape(KernelLauncher launch) {
      launch
          .real(scale)
          .integer(spec().sequences())
          .integer(spec().heads())
          .integer(spec().headSize())
          .integer(spec().capacity());
    }
  }

  /**
   * Splits the positions of each row over several blocks; as many rows at a time as scratch has
   * room.
   */
  private void decode(Call call) {
    KvCacheSpec spec = call.spec();
    int padded = CudaKvCache.paddedHeadSize(spec);
    int loadElements = LOAD_BYTES / call.cache().type().bytes();
    CUfunction kernel = decode.get(call.cache().type(), Math.ceilDiv(padded, WARP * loadElements));
    int rows = call.batch().rows();
    int splits = splits(spec, batchInvariant ? 1 : rows);
    long partialBytes = (long) spec.heads() * splits * (padded + PARTIAL_EXTRA) * Float.BYTES;
    int most = (int) Math.min(MOST_GRID_Z, Scratch.BYTES / partialBytes);
    most = Math.min(most, Scratch.COUNTERS / spec.heads());
    if (most == 0) {
      throw new UnsupportedException(
          "the cuda backend has no attention for %d heads of %d elements"
              .formatted(spec.heads(), spec.headSize()));
    }
    for (int first = 0; first < rows; first += most) {
      KernelLauncher launch =
          runtime
              .launcher()
              .begin()
              .address(call.out(first))
              .address(call.qkv(first))
              .address(call.cache().keys(call.layer()))
              .address(call.cache().values(call.layer()))
              .address(call.slots(first))
              .address(call.positions(first));
      call.addShape(launch);
      launch
          .address(runtime.scratch().partials())
          .address(runtime.scratch().counters())
          .launch(kernel, splits, spec.heads(), Math.min(most, rows - first), SMALL_BLOCK, 0);
    }
  }

  private int splits(KvCacheSpec spec, int rows) {
    long wanted = Math.ceilDiv(2L * runtime.multiprocessors(), (long) spec.heads() * rows);
    int most = Math.min(MOST_SPLITS, Math.ceilDiv(spec.capacity(), SPLIT_POSITIONS));
    return (int) Math.clamp(wanted, 1L, most);
  }

  private void tiled(Call call) {
    KvCacheSpec spec = call.spec();
    int size = tiled.size(spec.headSize());
    KernelLauncher launch =
        runtime
            .launcher()
            .begin()
            .address(call.out(0))
            .address(call.qkv(0))
            .address(call.cache().keys(call.layer()))
            .address(call.cache().values(call.layer()))
            .address(call.slots(0))
            .address(call.positions(0));
    call.addShape(launch);
    int rows = call.batch().rows();
    launch
        .integer(rows)
        .launch(
            tiled.get(call.cache().type(), size),
            Math.ceilDiv(rows, TILE_ELEMENTS / size),
            spec.heads(),
            1,
            BLOCK,
            0);
  }

  private void store(AttentionProbe wanted, Call call) {
    KvCacheSpec spec = call.spec();
    KernelLauncher launch =
        runtime
            .launcher()
            .begin()
            .address(address(wanted.scores()))
            .address(address(wanted.probabilities()))
            .address(call.qkv(0))
            .address(call.cache().keys(call.layer()))
            .address(call.slots(0))
            .address(call.positions(0));
    call.addShape(launch);
    launch.launch(
        probe.get(call.cache().type(), 0), call.batch().rows(), spec.heads(), 1, SMALL_BLOCK, 0);
  }

  private static long address(@Nullable Tensor tensor) {
    return tensor == null ? 0 : CudaTensor.address(tensor);
  }

  public void copy(CudaKvCache to, int toSlot, CudaKvCache from, int fromSlot, int positions) {
    if (positions == 0) {
      return;
    }
    KvCacheSpec spec = from.spec();
    long bytes = positions * CudaKvCache.rowBytes(spec);
    runtime
        .launcher()
        .begin()
        .address(to.address())
        .address(from.address())
        .integer(Kernels.code(from.type()))
        .integer(spec.heads())
        .integer(spec.headSize())
        .integer(toSlot)
        .integer(to.spec().sequences())
        .integer(to.spec().capacity())
        .integer(fromSlot)
        .integer(spec.sequences())
        .integer(spec.capacity())
        .integer(positions)
        .launch(
            copy,
            2 * spec.layers() * spec.heads(),
            Math.toIntExact(Math.ceilDiv(bytes, (long) LOAD_BYTES * BLOCK)),
            1,
            BLOCK,
            0);
  }

  /**
   * Writes keys and values as float32 {@code [positions][heads][headSize]}.
   *
   * @param first the first position
   * @param keys address of memory that the device can write to
   */
  public void read(
      CudaKvCache cache, int layer, int slot, int first, int positions, long keys, long values) {
    KvCacheSpec spec = cache.spec();
    long skipped = first * CudaKvCache.rowBytes(spec);
    runtime
        .launcher()
        .begin()
        .address(keys)
        .address(values)
        .address(cache.keys(layer) + skipped)
        .address(cache.values(layer) + skipped)
        .integer(Kernels.code(cache.type()))
        .integer(slot)
        .integer(spec.heads())
        .integer(spec.headSize())
        .integer(spec.capacity())
        .launch(read, positions, 1, 1, BLOCK, 0);
  }
}
