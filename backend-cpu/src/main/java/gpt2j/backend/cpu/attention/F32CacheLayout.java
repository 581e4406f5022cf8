package gpt2j.backend.cpu.attention;

import gpt2j.backend.cpu.simd.Memory;

/** Keys and values in float32. */
final class F32CacheLayout extends CacheLayout {
  F32CacheLayout(int headSize) {
    super(headSize);
  }

  @Override
  boolean isWide() {
    return true;
  }

  @Override
  long keyBlockBytes() {
    return wideBlockBytes();
  }

  @Override
  long valueRowBytes() {
    return wideRowBytes();
  }

  @Override
  long widenKeys(long to, long keys, int blocks) {
    return keys;
  }

  @Override
  long widenValues(long to, long values, int rows) {
    return values;
  }

  @Override
  void storeKey(long block, int lane, long key) {
    for (int i = 0; i < headSize(); i++) {
      Memory.set(at(block, lane, i), Memory.get(key + (long) i * Float.BYTES));
    }
  }

  @Override
  void storeValue(long row, long value) {
    Memory.copy(value, row, (long) headSize() * Float.BYTES);
  }

  @Override
  void loadKey(long block, int lane, long key) {
    for (int i = 0; i < headSize(); i++) {
      Memory.set(key + (long) i * Float.BYTES, Memory.get(at(block, lane, i)));
    }
  }

  @Override
  void loadValue(long row, long value) {
    Memory.copy(row, value, (long) headSize() * Float.BYTES);
  }

  private static long at(long block, int lane, int element) {
    return block + (long) element * Memory.VECTOR + (long) lane * Float.BYTES;
  }

  @Override
  void copyLanes(long from, long to, int lanes) {
    for (int i = 0; i < headSize(); i++) {
      long row = (long) i * Memory.VECTOR;
      Memory.copy(from + row, to + row, (long) lanes * Float.BYTES);
    }
  }
}
