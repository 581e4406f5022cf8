package gpt2j.backend.cpu.attention;

import gpt2j.api.tensor.BFloat16;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.backend.cpu.kernel.HalfCacheKernels;
import gpt2j.backend.cpu.simd.Memory;

/**
 * Keys and values of 16 bits, two in a word, so that a vector of words widens to two vectors that
 * follow each other:
 *
 * <ul>
 *   <li>keys {@code [block][headSize / 2][lane]}: a position's elements 2i and 2i + 1;
 *   <li>values {@code [position][headSize / 2 / lanes][lane]}: elements that are a vector apart.
 * </ul>
 */
final class HalfCacheLayout extends CacheLayout {
  private final boolean isBf16;
  private final int keyWords; // vectors of a block
  private final int valueWords; // vectors of a row

  HalfCacheLayout(WeightFormat format, int headSize) {
    super(headSize);
    isBf16 = format == WeightFormat.BF16;
    keyWords = Math.ceilDiv(headSize, 2);
    valueWords = Math.ceilDiv(headSize, 2 * Memory.LANES);
  }

  @Override
  long keyBlockBytes() {
    return (long) keyWords * Memory.VECTOR;
  }

  @Override
  long valueRowBytes() {
    return (long) valueWords * Memory.VECTOR;
  }

  @Override
  long widenKeys(long to, long keys, int blocks) {
    return widen(to, wideBlockBytes(), keys, keyWords, blocks);
  }

  @Override
  long widenValues(long to, long values, int rows) {
    return widen(to, wideRowBytes(), values, valueWords, rows);
  }

  private long widen(long to, long toBytes, long from, int words, int rows) {
    if (isBf16) {
      HalfCacheKernels.widenBf16(to, toBytes, from, words, rows);
    } else {
      HalfCacheKernels.widenF16(to, toBytes, from, words, rows);
    }
    return to;
  }

  @Override
  void storeKey(long block, int lane, long key) {
    for (int i = 0; i < headSize(); i++) {
      Memory.setShort(keyAt(block, lane, i), narrow(Memory.get(key + (long) i * Float.BYTES)));
    }
  }

  @Override
  void storeValue(long row, long value) {
    for (int i = 0; i < headSize(); i++) {
      Memory.setShort(valueAt(row, i), narrow(Memory.get(value + (long) i * Float.BYTES)));
    }
  }

  @Override
  void loadKey(long block, int lane, long key) {
    for (int i = 0; i < headSize(); i++) {
      Memory.set(key + (long) i * Float.BYTES, wide(Memory.getShort(keyAt(block, lane, i))));
    }
  }

  @Override
  void loadValue(long row, long value) {
    for (int i = 0; i < headSize(); i++) {
      Memory.set(value + (long) i * Float.BYTES, wide(Memory.getShort(valueAt(row, i))));
    }
  }

  private short narrow(float value) {
    return isBf16 ? BFloat16.of(value) : Float.floatToFloat16(value);
  }

  private float wide(short bits) {
    return isBf16 ? BFloat16.toFloat(bits) : Float.float16ToFloat(bits);
  }

  private static long keyAt(long block, int lane, int element) {
    return block
        + (long) (element / 2) * Memory.VECTOR
        + (long) lane * Integer.BYTES
        + (long) (element % 2) * Short.BYTES;
  }

  private static long valueAt(long row, int element) {
    int vector = element / Memory.LANES;
    return row
        + (long) (vector / 2) * Memory.VECTOR
        + (long) (element % Memory.LANES) * Integer.BYTES
        + (long) (vector % 2) * Short.BYTES;
  }

  @Override
  void copyLanes(long from, long to, int lanes) {
    for (int i = 0; i < keyWords; i++) {
      long row = (long) i * Memory.VECTOR;
      Memory.copy(from + row, to + row, (long) lanes * Integer.BYTES);
    }
  }
}
