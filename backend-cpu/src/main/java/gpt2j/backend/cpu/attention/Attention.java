package gpt2j.backend.cpu.attention;

import gpt2j.api.KvCacheSpec;
import gpt2j.backend.cpu.kernel.AttentionKernels;
import gpt2j.backend.cpu.kernel.Softmax;
import gpt2j.backend.cpu.runtime.PartTimes;
import gpt2j.backend.cpu.simd.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Causal attention over the cache, one head of one to four queries at a time. Queries of one slot
 * that stand side by side in the batch, as in a prompt, share each load of a key or value.
 */
public final class Attention {
  /** Queries that are computed together at the most. */
  static final int TILE = 4;

  private final CpuKvCache cache;
  private final CacheLayout layout;
  private final KvCacheSpec spec;
  private final int layer;
  private final float scale;
  private final long out;
  private final long qkv;
  private final long positions;
  private final long slots;
  private final long probedScores;
  private final long probabilities;
  private final boolean apart;
  private final @Nullable PartTimes times;

  /**
   * One call of the operation.
   *
   * @param probedScores where {@code [rows, heads, capacity]} go, or 0 if they aren't wanted
   * @param probabilities the same
   * @param apart whether a row must not meet values of positions behind its own, not even with a
   *     weight of 0, which changes the sign of a zero and spreads NaN
   * @param times of its parts; null unless wanted
   */
  public Attention(
      CpuKvCache cache,
      int layer,
      float scale,
      long out,
      long qkv,
      long positions,
      long slots,
      long probedScores,
      long probabilities,
      boolean apart,
      @Nullable PartTimes times) {
    this.cache = cache;
    layout = cache.layout();
    this.spec = cache.spec();
    this.layer = layer;
    this.scale = scale;
    this.out = out;
    this.qkv = qkv;
    this.positions = positions;
    this.slots = slots;
    this.probedScores = probedScores;
    this.probabilities = probabilities;
    this.apart = apart;
    this.times = times;
  }

  /** Bytes of working memory for each worker. */
  static long scratchBytes(CpuKvCache cache) {
    return scoreBytes(cache) + cache.layout().workBytes();
  }

  private static long scoreBytes(CpuKvCache cache) {
    return (long) TILE * Memory.padded(cache.spec().capacity()) * Float.BYTES;
  }

  /** Bytes of a head's widened keys and values. */
  static long widenedBytes(CpuKvCache cache) {
    int blocks = Memory.padded(cache.spec().capacity()) / Memory.LANES;
    return cache.layout().wideBytes(blocks, 0)
        + cache.layout().wideBytes(0, cache.spec().capacity());
  }

  /**
   * Widens a head's keys and values, as far as some rows of one slot need them.
   *
   * @param widened where those of all heads go, {@link #widenedBytes} each
   */
  void widen(int head, int row, int rows, long widened) {
    int slot = Memory.getInt(slots + (long) row * Integer.BYTES);
    int room = room(slot);
    if (room == 0) {
      return;
    }
    int length = 0;
    for (int i = 0; i < rows; i++) {
      length = Math.max(length, length(row + i, room));
    }
    long to = widened + head * widenedBytes(cache);
    int blocks = Memory.padded(length) / Memory.LANES;
    layout.widenKeys(to, cache.keys(layer, slot, head), blocks);
    layout.widenValues(to + widenedKeyBytes(), cache.values(layer, slot, head), length);
  }

  private long widenedKeyBytes() {
    return layout.wideBytes(Memory.padded(spec.capacity()) / Memory.LANES, 0);
  }

  private int room(int slot) {
    return slot < 0 || slot >= spec.sequences() ? 0 : cache.room(slot);
  }

  /**
   * One head of {@code count} rows from {@code row} on, all of one slot; count is 1 or {@link
   * #TILE}.
   *
   * @param scores working memory of {@link #scratchBytes}
   * @param widened where {@link #widen} has put what the rows need, or 0 if it hasn't
   */
  void run(int head, int row, int count, long scores, long widened) {
    int headSize = spec.headSize();
    int slot = Memory.getInt(slots + (long) row * Integer.BYTES);
    int room = room(slot);
    if (room == 0) {
      return; // an idle row
    }
    int length = 0; // positions that any of the rows attends to
    for (int i = 0; i < count; i++) {
      length = Math.max(length, length(row + i, room));
    }
    long stride = (long) Memory.padded(spec.capacity()) * Float.BYTES; // scores: [count, stride]
    long rowBytes = 3L * spec.width() * Float.BYTES;
    long query = qkv + row * rowBytes + (long) head * headSize * Float.BYTES;
    long work = scores + scoreBytes(cache);
    boolean isWidened = widened != 0;
    long ownWidened = widened + head * widenedBytes(cache);
    long begun = PartTimes.begin(times);
    long keys = isWidened ? ownWidened : cache.keys(layer, slot, head);
    scores(scores, stride, query, count, keys, isWidened, length, work);
    begun = PartTimes.end(times, PartTimes.SCORES, begun);
    for (int i = 0; i < count; i++) {
      softmax(head, row + i, scores + i * stride, length(row + i, room), length);
    }
    begun = PartTimes.end(times, PartTimes.SOFTMAX, begun);
    long values = isWidened ? ownWidened + widenedKeyBytes() : cache.values(layer, slot, head);
    long target = out + ((long) row * spec.width() + (long) head * headSize) * Float.BYTES;
    if (isWidened || layout.isWide()) {
      mixWide(target, scores, stride, values, row, count, length, room);
    } else {
      for (int i = 0; i < count; i++) {
        int own = length(row + i, room);
        mix(target + i * outBytes(), scores + i * stride, values, own, work);
      }
    }
    PartTimes.end(times, PartTimes.MIX, begun);
  }

  /** Products with keys, some blocks at a time if they have to be widened. */
  private void scores(
      long scores,
      long stride,
      long query,
      int count,
      long keys,
      boolean isWidened,
      int length,
      long work) {
    int headSize = spec.headSize();
    long rowBytes = 3L * spec.width() * Float.BYTES;
    int blocks = Memory.padded(length) / Memory.LANES;
    long blockBytes = isWidened ? layout.wideBlockBytes() : layout.keyBlockBytes();
    int most = isWidened ? blocks : Math.min(blocks, layout.blocksAtATime());
    for (int block = 0; block < blocks; block += most) {
      int some = Math.min(most, blocks - block);
      long from = keys + block * blockBytes;
      long wide = isWidened ? from : layout.widenKeys(work, from, some);
      long to = scores + (long) block * Memory.VECTOR;
      if (count == TILE) {
        AttentionKernels.fourScores(to, stride, query, rowBytes, wide, some, headSize, scale);
      } else {
        AttentionKernels.oneScore(to, query, wide, some, headSize, scale);
      }
    }
  }

  /** A row's sum of values, some positions at a time, which are widened before. */
  private void mix(long out, long weights, long values, int length, long work) {
    Memory.clear(out, (long) spec.headSize() * Float.BYTES);
    int most = layout.rowsAtATime();
    for (int first = 0; first < length; first += most) {
      int some = Math.min(most, length - first);
      long wide = layout.widenValues(work, values + first * layout.valueRowBytes(), some);
      long own = weights + (long) first * Float.BYTES;
      AttentionKernels.addSum(out, own, wide, layout.wideRowBytes(), some, spec.headSize());
    }
  }

  /** Sums of values that are wide. */
  private void mixWide(
      long out, long scores, long stride, long values, int row, int count, int length, int room) {
    int headSize = spec.headSize();
    long valueBytes = layout.wideRowBytes();
    if (count < TILE) {
      AttentionKernels.oneSum(out, scores, values, valueBytes, length, headSize);
      return;
    }
    int shared = length;
    for (int i = 0; apart && i < TILE; i++) {
      shared = Math.min(shared, length(row + i, room));
    }
    AttentionKernels.fourSums(
        out, outBytes(), scores, stride, values, valueBytes, shared, headSize);
    for (int i = 0; apart && i < TILE; i++) {
      long weights = scores + i * stride + (long) shared * Float.BYTES;
      long rest = values + shared * valueBytes;
      int more = length(row + i, room) - shared;
      AttentionKernels.addSum(out + i * outBytes(), weights, rest, valueBytes, more, headSize);
    }
  }

  private long outBytes() {
    return (long) spec.width() * Float.BYTES;
  }

  /** How many positions a row attends to: its own and those before. */
  private int length(int row, int room) {
    int position = Memory.getInt(positions + (long) row * Integer.BYTES);
    return Math.clamp(position, 0, room - 1) + 1;
  }

  private void softmax(int head, int row, long scores, int own, int length) {
    if (probedScores != 0) {
      store(scores, own, probedScores, row, head, Float.NEGATIVE_INFINITY);
    }
    Softmax.inPlace(scores, own);
    if (own < length) { // other rows of the tile see further
      Memory.clear(scores + (long) own * Float.BYTES, (long) (length - own) * Float.BYTES);
    }
    if (probabilities != 0) {
      store(scores, own, probabilities, row, head, 0);
    }
  }

  /** Stores what belongs to the first {@code own} positions, and {@code masked} behind them. */
  private void store(long from, int own, long to, int row, int head, float masked) {
    long capacityBytes = (long) spec.capacity() * Float.BYTES;
    long target = to + ((long) row * spec.heads() + head) * capacityBytes;
    long ownBytes = (long) own * Float.BYTES;
    Memory.copy(from, target, ownBytes);
    for (long at = ownBytes; at < capacityBytes; at += Float.BYTES) {
      Memory.set(target + at, masked);
    }
  }
}
