package gpt2j.backend.cpu.attention;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.backend.cpu.simd.Memory;

/**
 * How the keys and the values of one head lie in memory: keys in blocks of as many positions as a
 * vector has lanes, values position by position. In float32:
 *
 * <ul>
 *   <li>keys {@code [block][headSize][lane]}, so that the products of a query with a whole block
 *       are sums of vectors, with nothing to add up across lanes;
 *   <li>values {@code [position][headSize]}, each row padded to whole vectors.
 * </ul>
 *
 * <p>Whatever else they are kept as is widened to that, a part that stays in the first-level cache
 * at a time, or all of it where many queries need it. So each kernel of attention knows float32
 * only, and computes the same, bit for bit, however few or many queries there are.
 */
abstract class CacheLayout {
  /** Blocks of keys that are widened at a time: as many as the kernels take together. */
  private static final int BLOCKS = 4;

  /** Rows of values that are widened at a time. */
  private static final int ROWS = 64;

  private final int headSize;

  CacheLayout(int headSize) {
    this.headSize = headSize;
  }

  static CacheLayout of(WeightFormat format, int headSize) {
    return switch (format) {
      case F32 -> new F32CacheLayout(headSize);
      case F16, BF16 -> new HalfCacheLayout(format, headSize);
      case Q8_0 -> new Q8CacheLayout(headSize);
      case Q4_0 -> throw new IllegalArgumentException("no KV cache is kept in " + format);
    };
  }

  final int headSize() {
    return headSize;
  }

  /** Whether they are float32 already. */
  boolean isWide() {
    return false;
  }

  /** Bytes of one block of keys. */
  abstract long keyBlockBytes();

  /** Distance between the values of two positions, in bytes. */
  abstract long valueRowBytes();

  /** Bytes of one block of widened keys. */
  final long wideBlockBytes() {
    return (long) headSize * Memory.VECTOR;
  }

  /** Distance between the widened values of two positions, in bytes. */
  final long wideRowBytes() {
    return (long) Memory.padded(headSize) * Float.BYTES;
  }

  /** Blocks of keys that are widened at a time. */
  final int blocksAtATime() {
    return isWide() ? Integer.MAX_VALUE : BLOCKS;
  }

  /** Rows of values that are widened at a time. */
  final int rowsAtATime() {
    return isWide() ? Integer.MAX_VALUE : ROWS;
  }

  /** Working memory for what is widened at a time, in bytes. */
  final long workBytes() {
    return isWide() ? 0 : wideBytes(BLOCKS, 0) + wideBytes(0, ROWS);
  }

  /** Room for widened keys or values, in bytes: a vector more, which some write behind them. */
  final long wideBytes(int blocks, int rows) {
    return blocks * wideBlockBytes() + rows * wideRowBytes() + Memory.VECTOR;
  }

  /**
   * Widens blocks of keys.
   *
   * @param to room for them and a vector more
   * @return where they are: {@code to}, or {@code keys} if they were wide
   */
  abstract long widenKeys(long to, long keys, int blocks);

  /** The same for rows of values. */
  abstract long widenValues(long to, long values, int rows);

  /**
   * Stores a key.
   *
   * @param block where its block begins
   * @param lane its position's place in it
   * @param key {@code headSize} numbers
   */
  abstract void storeKey(long block, int lane, long key);

  /** Stores a value to its row. */
  abstract void storeValue(long row, long value);

  /** Reads a key back, to room for {@code headSize} numbers. */
  abstract void loadKey(long block, int lane, long key);

  /** Reads a value back. */
  abstract void loadValue(long row, long value);

  /** Copies the keys of a block's first positions to another block. */
  abstract void copyLanes(long from, long to, int lanes);
}
