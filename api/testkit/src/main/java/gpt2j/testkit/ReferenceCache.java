package gpt2j.testkit;

import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.tensor.Usage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Keys and values that went through the cache's type, position after position. */
final class ReferenceCache extends ReferenceHandle implements KvCache {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final KvCacheSpec spec;
  private final float[][][] keys; // [layers][sequences][capacity * heads * headSize]
  private final float[][][] values; // the same
  private final int[] room; // [sequences]: positions that may be stored

  ReferenceCache(ReferenceMemory home, KvCacheSpec spec) {
    super(home, "a KV cache", Usage.CACHE, spec.bytes());
    this.spec = spec;
    keys = undefined(spec);
    values = undefined(spec);
    room = new int[spec.sequences()];
  }

  private static float[][][] undefined(KvCacheSpec spec) {
    int size = Math.multiplyExact(spec.capacity(), spec.width());
    float[][][] memory = new float[spec.layers()][spec.sequences()][size];
    for (float[][] layer : memory) {
      for (float[] slot : layer) {
        Arrays.fill(slot, Float.NaN);
      }
    }
    return memory;
  }

  @Override
  public KvCacheSpec spec() {
    return spec;
  }

  @Override
  public void reserve(int slot, int positions) {
    room[slot] = Math.max(room[slot], positions);
  }

  @Override
  public void trim(int slot, int positions) {
    room[slot] = Math.min(room[slot], positions);
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (float[] lost : new float[][] {keys(layer, slot), values(layer, slot)}) {
        Arrays.fill(lost, positions * spec.width(), lost.length, Float.NaN);
      }
    }
  }

  boolean has(int slot, int position) {
    return slot >= 0 && slot < spec.sequences() && position >= 0 && position < room[slot];
  }

  /** {@code [capacity * heads * headSize]}. */
  float[] keys(int layer, int slot) {
    return keys[layer][slot];
  }

  /** {@code [capacity * heads * headSize]}. */
  float[] values(int layer, int slot) {
    return values[layer][slot];
  }

  /**
   * Stores the key and the value of a row {@code [3 * heads * headSize]} of queries, keys, values.
   */
  void store(int layer, int slot, int position, float[] qkv) {
    int width = spec.width();
    for (float[] to : new float[][] {keys(layer, slot), values(layer, slot)}) {
      int part = to == keys(layer, slot) ? 1 : 2;
      System.arraycopy(qkv, part * width, to, position * width, width);
      for (int head = 0; head < spec.heads(); head++) {
        int first = position * width + head * spec.headSize();
        spec.type().round(to, first, spec.headSize(), 1);
      }
    }
  }

  void copy(ReferenceCache from, int fromSlot, int toSlot, int positions) {
    int count = positions * spec.width();
    for (int layer = 0; layer < spec.layers(); layer++) {
      System.arraycopy(from.keys(layer, fromSlot), 0, keys(layer, toSlot), 0, count);
      System.arraycopy(from.values(layer, fromSlot), 0, values(layer, toSlot), 0, count);
    }
  }

  void read(int layer, int slot, int positions, MemorySegment toKeys, MemorySegment toValues) {
    int count = positions * spec.width();
    Check.equal("bytes for keys", toKeys.byteSize(), (long) count * Float.BYTES);
    Check.equal("bytes for values", toValues.byteSize(), (long) count * Float.BYTES);
    MemorySegment.copy(keys(layer, slot), 0, toKeys, FLOAT, 0, count);
    MemorySegment.copy(values(layer, slot), 0, toValues, FLOAT, 0, count);
  }

  void requireLayer(int layer) {
    if (layer < 0 || layer >= spec.layers()) {
      throw new IllegalArgumentException(
          "layer %d is not one of the cache's %d".formatted(layer, spec.layers()));
    }
  }

  void requireRange(int slot, int positions) {
    if (slot < 0 || slot >= spec.sequences()) {
      throw new IllegalArgumentException(
          "slot %d is not one of the cache's %d".formatted(slot, spec.sequences()));
    }
    if (positions < 0 || positions > spec.capacity()) {
      throw new IllegalArgumentException(
          "%d positions don't fit a capacity of %d".formatted(positions, spec.capacity()));
    }
  }
}
