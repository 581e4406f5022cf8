package gpt2j.backend.cpu.attention;

import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.tensor.Usage;
import gpt2j.backend.cpu.memory.Allocator;
import gpt2j.backend.cpu.simd.Memory;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values, each slot in memory of its own: for each layer and head all keys, then all
 * values, as a {@link CacheLayout} has them.
 */
public final class CpuKvCache implements KvCache {
  /** What a slot grows by at least: positions of four pages of GPT-2's heads. */
  private static final int GRANULE = 64;

  private final Allocator allocator;
  private final KvCacheSpec spec;
  private final CacheLayout layout;
  private final Slot[] slots;

  /** Memory of one slot, its layers one after another; none as long as it has no room. */
  private record Slot(int room, Allocator.@Nullable Region region, long keyBytes, long valueBytes) {
    static final Slot EMPTY = new Slot(0, null, 0, 0);

    long address() {
      return region == null ? 0 : region.address();
    }
  }

  public CpuKvCache(Allocator allocator, KvCacheSpec spec) {
    this.allocator = allocator;
    this.spec = spec;
    layout = CacheLayout.of(spec.type(), spec.headSize());
    slots = new Slot[spec.sequences()];
    Arrays.fill(slots, Slot.EMPTY);
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

  /** Twice the room where it has to grow, so that what is there is seldom moved. */
  @Override
  public void reserve(int slot, int positions) {
    Slot before = slots[slot];
    if (positions <= before.room()) {
      return;
    }
    int room = Math.min(spec.capacity(), Math.max(positions, 2 * before.room()));
    room = Math.min(spec.capacity(), Math.ceilDiv(room, GRANULE) * GRANULE);
    long keyBytes = Memory.padded(room) / Memory.LANES * layout.keyBlockBytes();
    long valueBytes = room * layout.valueRowBytes();
    long bytes = Math.multiplyExact((long) spec.layers() * spec.heads(), keyBytes + valueBytes);
    Allocator.Region region = allocator.allocate("the KV cache", bytes, Usage.CACHE);
    Slot after = new Slot(room, region, keyBytes, valueBytes);
    for (int layer = 0; layer < spec.layers() && before.room() > 0; layer++) {
      for (int head = 0; head < spec.heads(); head++) {
        Memory.copy(keys(before, layer, head), keys(after, layer, head), before.keyBytes());
        Memory.copy(values(before, layer, head), values(after, layer, head), before.valueBytes());
      }
    }
    free(slot);
    slots[slot] = after;
  }

  @Override
  public void trim(int slot, int positions) {
    if (positions == 0) {
      free(slot);
    }
  }

  private void free(int slot) {
    Allocator.Region region = slots[slot].region();
    slots[slot] = Slot.EMPTY;
    if (region != null) {
      region.close();
    }
  }

  /** Where a head's keys begin; 0 where the slot has no room. */
  long keys(int layer, int slot, int head) {
    return keys(slots[slot], layer, head);
  }

  /** Where a head's values begin; 0 where the slot has no room. */
  long values(int layer, int slot, int head) {
    return values(slots[slot], layer, head);
  }

  private long keys(Slot slot, int layer, int head) {
    long part = (long) layer * spec.heads() + head;
    return slot.address() + part * (slot.keyBytes() + slot.valueBytes());
  }

  private long values(Slot slot, int layer, int head) {
    return keys(slot, layer, head) + slot.keyBytes();
  }

  /** Positions of a slot that there is room for. */
  int room(int slot) {
    return slots[slot].room();
  }

  CacheLayout layout() {
    return layout;
  }

  /** Whether a row may be stored there; what a batch says is not checked before. */
  public boolean holds(int slot, int position) {
    return slot >= 0 && slot < spec.sequences() && position >= 0 && position < room(slot);
  }

  /** Stores one head's key and value of {@code headSize} numbers each. */
  public void store(int layer, int slot, int head, int position, long key, long value) {
    layout.storeKey(block(layer, slot, head, position), position % Memory.LANES, key);
    layout.storeValue(row(layer, slot, head, position), value);
  }

  /** Copies one head's key and value to where {@code headSize} numbers each have room. */
  public void load(int layer, int slot, int head, int position, long key, long value) {
    layout.loadKey(block(layer, slot, head, position), position % Memory.LANES, key);
    layout.loadValue(row(layer, slot, head, position), value);
  }

  private long block(int layer, int slot, int head, int position) {
    return keys(layer, slot, head) + position / Memory.LANES * layout.keyBlockBytes();
  }

  private long row(int layer, int slot, int head, int position) {
    return values(layer, slot, head) + position * layout.valueRowBytes();
  }

  /** Copies one head's keys and values of positions {@code 0 … positions - 1} to another cache. */
  public void copyTo(CpuKvCache to, int layer, int head, int fromSlot, int toSlot, int positions) {
    long source = keys(layer, fromSlot, head);
    long target = to.keys(layer, toSlot, head);
    long wholeBlocks = positions / Memory.LANES * layout.keyBlockBytes();
    Memory.copy(source, target, wholeBlocks);
    int rest = positions % Memory.LANES;
    if (rest > 0) {
      layout.copyLanes(source + wholeBlocks, target + wholeBlocks, rest);
    }
    long rows = positions * layout.valueRowBytes();
    Memory.copy(values(layer, fromSlot, head), to.values(layer, toSlot, head), rows);
  }

  @Override
  public void close() {
    for (int slot = 0; slot < slots.length; slot++) {
      free(slot);
    }
  }
}
