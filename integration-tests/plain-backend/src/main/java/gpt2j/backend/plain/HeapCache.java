package gpt2j.backend.plain;

import module gpt2j.api;

/**
 * A cache that takes all its memory at once, so that there is room everywhere from the beginning.
 *
 * @param stored {@code [sequences · 2 · layers, capacity, heads · headSize]}: of each slot the keys
 *     of all layers, then the values of all layers
 */
record HeapCache(KvCacheSpec spec, HeapTensor stored) implements KvCache {
  static HeapCache allocate(Heap heap, KvCacheSpec spec) {
    int parts = Math.multiplyExact(spec.sequences(), 2 * spec.layers());
    Shape shape = Shape.of(parts, spec.capacity(), spec.width());
    return new HeapCache(spec, HeapTensor.allocate(heap, Usage.CACHE, DataType.F32, shape));
  }

  /** Where the key of a position begins in the array: {@code [heads, headSize]}. */
  int key(int slot, int layer, int position) {
    return stored.at(slot * 2 * spec.layers() + layer) + position * spec.width();
  }

  /** The same of its value. */
  int value(int slot, int layer, int position) {
    return key(slot, spec.layers() + layer, position);
  }

  /** Whether a row's key and value have a place here; those of idle rows have none. */
  boolean hasPlace(int slot, int position) {
    return slot >= 0 && slot < spec.sequences() && position >= 0 && position < spec.capacity();
  }

  void copy(int slot, HeapCache from, int fromSlot, int positions) {
    for (int part = 0; part < 2 * spec.layers(); part++) {
      int to = key(slot, part, 0);
      int size = positions * spec.width();
      System.arraycopy(
          from.stored.floats(), from.key(fromSlot, part, 0), stored.floats(), to, size);
    }
  }

  @Override
  public void reserve(int slot, int positions) {}

  @Override
  public void trim(int slot, int positions) {}

  @Override
  public void close() {
    stored.close();
  }
}
