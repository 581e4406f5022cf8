package gpt2j.backend.cpu.attention;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.backend.cpu.kernel.Q8CacheKernels;
import gpt2j.backend.cpu.simd.GroupLanes;
import gpt2j.backend.cpu.simd.Memory;

/**
 * Keys and values of eight bits. Each group of 32 elements of a position has a scale, a float16:
 *
 * <ul>
 *   <li>keys {@code [block]} of integers {@code [groups][32][lane]} and scales {@code [groups /
 *       2][lane]}, those of two groups in a word;
 *   <li>values {@code [position]} of integers {@code [groups][32]} and scales {@code [groups]}.
 * </ul>
 */
final class Q8CacheLayout extends CacheLayout {
  private static final int GROUP = GroupLanes.GROUP;

  private final int groups;
  private final int vectors; // of a widened value

  Q8CacheLayout(int headSize) {
    super(headSize);
    groups = Math.ceilDiv(headSize, GROUP);
    vectors = Memory.padded(headSize) / Memory.LANES;
  }

  private long keyScales() {
    return (long) groups * GROUP * Memory.LANES;
  }

  @Override
  long keyBlockBytes() {
    return keyScales() + (long) Math.ceilDiv(groups, 2) * Memory.VECTOR;
  }

  @Override
  long valueRowBytes() {
    return (long) groups * (GROUP + Short.BYTES);
  }

  @Override
  long widenKeys(long to, long keys, int blocks) {
    for (int i = 0; i < blocks; i++) {
      long block = keys + i * keyBlockBytes();
      Q8CacheKernels.widenKeys(to + i * wideBlockBytes(), block, block + keyScales(), headSize());
    }
    return to;
  }

  @Override
  long widenValues(long to, long values, int rows) {
    Q8CacheKernels.widenValues(to, values, vectors, groups, rows);
    return to;
  }

  /** What becomes of a group: stores its integers and its scale somewhere. */
  private interface Target {
    void store(int group, byte[] integers, int count, short scale);
  }

  private void quantize(long from, Target target) {
    float[] numbers = new float[GROUP];
    byte[] integers = new byte[GROUP];
    for (int group = 0; group < groups; group++) {
      int count = Math.min(GROUP, headSize() - group * GROUP);
      for (int i = 0; i < count; i++) {
        numbers[i] = Memory.get(from + ((long) group * GROUP + i) * Float.BYTES);
      }
      short scale = WeightFormat.Q8_0.quantize(numbers, 0, count, 1, integers);
      target.store(group, integers, count, scale);
    }
  }

  @Override
  void storeKey(long block, int lane, long key) {
    quantize(
        key,
        (group, integers, count, scale) -> {
          for (int i = 0; i < count; i++) {
            Memory.setByte(keyAt(block, lane, group * GROUP + i), integers[i]);
          }
          Memory.setShort(keyScaleAt(block, lane, group), scale);
        });
  }

  @Override
  void storeValue(long row, long value) {
    quantize(
        value,
        (group, integers, count, scale) -> {
          for (int i = 0; i < count; i++) {
            Memory.setByte(row + (long) group * GROUP + i, integers[i]);
          }
          Memory.setShort(valueScaleAt(row, group), scale);
        });
  }

  @Override
  void loadKey(long block, int lane, long key) {
    for (int i = 0; i < headSize(); i++) {
      float scale = Float.float16ToFloat(Memory.getShort(keyScaleAt(block, lane, i / GROUP)));
      Memory.set(key + (long) i * Float.BYTES, scale * Memory.getByte(keyAt(block, lane, i)));
    }
  }

  @Override
  void loadValue(long row, long value) {
    for (int i = 0; i < headSize(); i++) {
      float scale = Float.float16ToFloat(Memory.getShort(valueScaleAt(row, i / GROUP)));
      Memory.set(value + (long) i * Float.BYTES, scale * Memory.getByte(row + i));
    }
  }

  private static long keyAt(long block, int lane, int element) {
    return block + (long) element * Memory.LANES + lane;
  }

  private long keyScaleAt(long block, int lane, int group) {
    return block
        + keyScales()
        + (long) (group / 2) * Memory.VECTOR
        + (long) lane * Integer.BYTES
        + (long) (group % 2) * Short.BYTES;
  }

  private long valueScaleAt(long row, int group) {
    return row + (long) groups * GROUP + (long) group * Short.BYTES;
  }

  @Override
  void copyLanes(long from, long to, int lanes) {
    for (int i = 0; i < groups * GROUP; i++) {
      long row = (long) i * Memory.LANES;
      Memory.copy(from + row, to + row, lanes);
    }
    for (int i = 0; i < Math.ceilDiv(groups, 2); i++) {
      long row = keyScales() + (long) i * Memory.VECTOR;
      Memory.copy(from + row, to + row, (long) lanes * Integer.BYTES);
    }
  }
}
