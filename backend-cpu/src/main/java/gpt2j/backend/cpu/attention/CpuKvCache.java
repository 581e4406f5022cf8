package gpt2j.backend.cpu.attention;

import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Usage;
import gpt2j.backend.cpu.memory.Allocator;
import gpt2j.backend.cpu.simd.Memory;

/**
 * Keys and values in float32. For each layer, slot and head:
 *
 * <ul>
 *   <li>keys {@code [block][headSize][lane]}: a block holds as many positions as a vector has
 *       lanes, so that the products of a query with a whole block are sums of vectors, with nothing
 *       to add up across lanes;
 *   <li>values {@code [position][headSize]}, each row padded to whole vectors.
 * </ul>
 */
public final class CpuKvCache implements KvCache {
  private final KvCacheSpec spec;
  private final Allocator.Region keys;
  private final Allocator.Region values;
  private final long keyBytes;
  private final long valueBytes;

  public CpuKvCache(Allocator allocator, KvCacheSpec spec) {
    if (spec.type() != DataType.F32) {
      throw new UnsupportedException(
          "the cpu backend keeps the KV cache in F32, not in " + spec.type());
    }
    this.spec = spec;
    keyBytes = (long) Memory.padded(spec.capacity()) * spec.headSize() * Float.BYTES;
    valueBytes = (long) spec.capacity() * Memory.padded(spec.headSize()) * Float.BYTES;
    long parts = Math.multiplyExact((long) spec.layers() * spec.sequences(), spec.heads());
    keys = allocator.allocate("the KV cache", Math.multiplyExact(parts, keyBytes), Usage.CACHE);
    try {
      values =
          allocator.allocate("the KV cache", Math.multiplyExact(parts, valueBytes), Usage.CACHE);
    } catch (RuntimeException e) {
      keys.close();
      throw e;
    }
  }

  /** The cache as this backend's own. */
  public static CpuKvCache of(KvCache cache) {
    if (cache instanceof CpuKvCache own) {
      return own;
    }
    throw new IllegalArgumentException(
        "a KV cache of another backend: " + cache.getClass().getSimpleName());
  }

  @Override
  public KvCacheSpec spec() {
    return spec;
  }

  /** Where a head's keys begin. */
  long keys(int layer, int slot, int head) {
    return keys.address() + part(layer, slot, head) * keyBytes;
  }

  /** Where a head's values begin. */
  long values(int layer, int slot, int head) {
    return values.address() + part(layer, slot, head) * valueBytes;
  }

  /** Distance of a position's key from its head's first, in bytes. */
  long keyOffset(int position) {
    int block = position / Memory.LANES;
    int lane = position % Memory.LANES;
    return (long) block * keyBlockBytes() + (long) lane * Float.BYTES;
  }

  /** Bytes of one block of keys. */
  long keyBlockBytes() {
    return (long) spec.headSize() * Memory.VECTOR;
  }

  /** Distance between the values of two positions, in bytes. */
  long valueRowBytes() {
    return (long) Memory.padded(spec.headSize()) * Float.BYTES;
  }

  private long part(int layer, int slot, int head) {
    return ((long) layer * spec.sequences() + slot) * spec.heads() + head;
  }

  /** Whether a row may be stored there; what a batch says is not checked before. */
  public boolean holds(int slot, int position) {
    return slot >= 0 && slot < spec.sequences() && position >= 0 && position < spec.capacity();
  }

  /** Stores one head's key and value of {@code headSize} numbers each. */
  public void store(int layer, int slot, int head, int position, long key, long value) {
    long to = keys(layer, slot, head) + keyOffset(position);
    for (int i = 0; i < spec.headSize(); i++) {
      Memory.set(to + (long) i * Memory.VECTOR, Memory.get(key + (long) i * Float.BYTES));
    }
    Memory.copy(
        value,
        values(layer, slot, head) + position * valueRowBytes(),
        (long) spec.headSize() * Float.BYTES);
  }

  /** Copies one head's key and value to where {@code headSize} numbers each have room. */
  public void load(int layer, int slot, int head, int position, long key, long value) {
    long from = keys(layer, slot, head) + keyOffset(position);
    for (int i = 0; i < spec.headSize(); i++) {
      Memory.set(key + (long) i * Float.BYTES, Memory.get(from + (long) i * Memory.VECTOR));
    }
    Memory.copy(
        values(layer, slot, head) + position * valueRowBytes(),
        value,
        (long) spec.headSize() * Float.BYTES);
  }

  /** Copies one head's keys and values of positions {@code 0 … positions - 1} to another cache. */
  public void copyTo(CpuKvCache to, int layer, int head, int fromSlot, int toSlot, int positions) {
    long source = keys(layer, fromSlot, head);
    long target = to.keys(layer, toSlot, head);
    long wholeBlocks = positions / Memory.LANES * keyBlockBytes();
    Memory.copy(source, target, wholeBlocks);
    long rest = (long) (positions % Memory.LANES) * Float.BYTES; // of each row of the last block
    for (int i = 0; rest > 0 && i < spec.headSize(); i++) {
      long row = wholeBlocks + (long) i * Memory.VECTOR;
      Memory.copy(source + row, target + row, rest);
    }
    Memory.copy(
        values(layer, fromSlot, head), to.values(layer, toSlot, head), positions * valueRowBytes());
  }

  @Override
  public void close() {
    keys.close();
    values.close();
  }
}
