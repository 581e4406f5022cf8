package gpt2j.bench.visualize;

import gpt2j.api.Backend;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * One attention that was just queued, with what it reads and writes. To be looked at before the
 * observer returns; each method waits for the backend.
 *
 * @param qkv {@code [rows, 3C]}
 * @param probabilities {@code [rows, heads, capacity]}
 * @param out {@code [rows, C]}
 */
record ObservedAttention(
    Backend backend,
    int layer,
    float scale,
    TokenBatch batch,
    Tensor qkv,
    KvCache cache,
    Tensor probabilities,
    Tensor out) {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Keys or values of one head, {@code [positions][headSize]} each. */
  record KeysAndValues(float[][] keys, float[][] values) {}

  KvCacheSpec spec() {
    return cache.spec();
  }

  int rows() {
    return batch.rows();
  }

  /** The position of each row. */
  int[] positions() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(INT, rows());
      backend.read(batch.positions(), memory);
      return memory.toArray(INT);
    }
  }

  /** A row's query of one head, {@code [headSize]}. */
  float[] query(int row, int head) {
    return headOf(floats(qkv.rows(row, 1)), head);
  }

  /** A row's result of one head, {@code [headSize]}. */
  float[] output(int row, int head) {
    return headOf(floats(out.rows(row, 1)), head);
  }

  /** What one row's heads give to positions 0 … {@code positions - 1}: {@code [heads][]}. */
  float[][] probabilities(int row, int positions) {
    float[] all = floats(probabilities.rows(row, 1)); // [heads, capacity]
    float[][] heads = new float[spec().heads()][];
    for (int head = 0; head < heads.length; head++) {
      int from = head * spec().capacity();
      heads[head] = Arrays.copyOfRange(all, from, from + positions);
    }
    return heads;
  }

  /** One head's part of the first positions of a slot in the cache. */
  KeysAndValues keysAndValues(int slot, int positions, int head) {
    try (Arena arena = Arena.ofConfined()) {
      long elements = (long) positions * spec().width();
      MemorySegment keys = arena.allocate(FLOAT, elements);
      MemorySegment values = arena.allocate(FLOAT, elements);
      backend.readKv(cache, layer, slot, positions, keys, values);
      return new KeysAndValues(
          headOfEach(keys, positions, head), headOfEach(values, positions, head));
    }
  }

  private float[][] headOfEach(MemorySegment memory, int positions, int head) {
    float[] all = memory.toArray(FLOAT); // [positions, heads, headSize]
    float[][] rows = new float[positions][];
    for (int position = 0; position < positions; position++) {
      int from = position * spec().width() + head * spec().headSize();
      rows[position] = Arrays.copyOfRange(all, from, from + spec().headSize());
    }
    return rows;
  }

  private float[] headOf(float[] row, int head) {
    int size = spec().headSize();
    return Arrays.copyOfRange(row, head * size, (head + 1) * size);
  }

  private float[] floats(Tensor tensor) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(FLOAT, tensor.shape().elements());
      backend.read(tensor, memory);
      return memory.toArray(FLOAT);
    }
  }
}
