package gpt2j.api;

import gpt2j.api.tensor.WeightFormat;

/**
 * The extent of a {@link KvCache}.
 *
 * @param layers transformer blocks
 * @param heads attention heads per block
 * @param headSize elements of one head's key
 * @param sequences slots, one for each sequence that is decoded side by side
 * @param capacity positions per slot
 * @param type how elements are stored; in a format of groups, those of one head's key, or value, at
 *     one position: groups of neighbouring elements, the last smaller where the head's size is no
 *     multiple
 */
public record KvCacheSpec(
    int layers, int heads, int headSize, int sequences, int capacity, WeightFormat type) {
  public KvCacheSpec {
    if (layers < 1 || heads < 1 || headSize < 1 || sequences < 1 || capacity < 1) {
      throw new IllegalArgumentException(
          "every size of a KV cache is positive: layers %d, heads %d, head size %d, sequences %d, capacity %d"
              .formatted(layers, heads, headSize, sequences, capacity));
    }
    if (type == WeightFormat.Q4_0) {
      throw new IllegalArgumentException("no KV cache is kept in " + type);
    }
  }

  /** Elements of one position of one layer: all heads' keys, or all heads' values. */
  public int width() {
    return Math.multiplyExact(heads, headSize);
  }

  /** Bytes of the keys and values of one position in all layers. */
  public long bytesPerPosition() {
    return Math.multiplyExact(2L * layers, type.bytes(heads, headSize));
  }

  /** Bytes of the whole cache. */
  public long bytes() {
    return Math.multiplyExact(bytesPerPosition(), Math.multiplyExact((long) sequences, capacity));
  }
}
