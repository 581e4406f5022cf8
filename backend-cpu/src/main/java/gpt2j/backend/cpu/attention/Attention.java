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
  public static final int TILE = 4;

  private final CpuKvCache cache;
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
  public static long scratchBytes(KvCacheSpec spec) {
    return (long) TILE * Memory.padded(spec.capacity()) * Float.BYTES;
  }

  /**
   * One head of {@code count} rows from {@code row} on, all of one slot; count is 1 or {@link
   * #TILE}.
   *
   * @param scores working memory of {@link #scratchBytes}
   */
  public void run(int head, int row, int count, long scores) {
    int headSize = spec.headSize();
    int slot = Memory.getInt(slots + (long) row * Integer.BYTES);
    int room = slot < 0 || slot >= spec.sequences() ? 0 : cache.room(slot);
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
    long keys = cache.keys(layer, slot, head);
    int blocks = (length + Memory.LANES - 1) / Memory.LANES;
    long begun = PartTimes.begin(times);
    if (count == TILE) {
      AttentionKernels.fourScores(scores, stride, query, rowBytes, keys, blocks, headSize, scale);
    } else {
      AttentionKernels.oneScore(scores, query, keys, blocks, headSize, scale);
    }
    begun = PartTimes.end(times, PartTimes.SCORES, begun);
    for (int i = 0; i < count; i++) {
      softmax(head, row + i, scores + i * stride, length(row + i, room), length);
    }
    begun = PartTimes.end(times, PartTimes.SOFTMAX, begun);
    long values = cache.values(layer, slot, head);
    long target = out + ((long) row * spec.width() + (long) head * headSize) * Float.BYTES;
    if (count == TILE) {
      sumFour(target, scores, stride, values, row, length, room);
    } else {
      AttentionKernels.oneSum(target, scores, values, cache.valueRowBytes(), length, headSize);
    }
    PartTimes.end(times, PartTimes.MIX, begun);
  }

  private void sumFour(
      long out, long scores, long stride, long values, int row, int length, int room) {
    int headSize = spec.headSize();
    long valueBytes = cache.valueRowBytes();
    long outBytes = (long) spec.width() * Float.BYTES;
    int shared = length;
    for (int i = 0; apart && i < TILE; i++) {
      shared = Math.min(shared, length(row + i, room));
    }
    AttentionKernels.fourSums(out, outBytes, scores, stride, values, valueBytes, shared, headSize);
    for (int i = 0; apart && i < TILE; i++) {
      long weights = scores + i * stride + (long) shared * Float.BYTES;
      long rest = values + shared * valueBytes;
      int count = length(row + i, room) - shared;
      AttentionKernels.addSum(out + i * outBytes, weights, rest, valueBytes, count, headSize);
    }
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
