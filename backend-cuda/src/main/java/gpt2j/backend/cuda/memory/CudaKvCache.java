package gpt2j.backend.cuda.memory;

import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Usage;

/**
 * Keys and values as {@code [layers][2][sequences][heads][capacity][padded head size]}: the keys of
 * a layer, then its values. A position of a head is contiguous and begins at a 16-byte load.
 */
public final class CudaKvCache implements KvCache {
  private static final int PADDING = 8;

  private final KvCacheSpec spec;
  private final DataType type;
  private final DeviceMemory.Region region;
  private final long planeBytes; // the keys, or the values, of one layer

  public CudaKvCache(DeviceMemory memory, KvCacheSpec spec) {
    this.spec = spec;
    type =
        spec.type()
            .plain()
            .orElseThrow(
                () ->
                    new UnsupportedException(
                        "the cuda backend keeps the KV cache in F32, F16 or BF16, not in "
                            + spec.type()));
    planeBytes =
        Math.multiplyExact(
            Math.multiplyExact((long) spec.sequences() * spec.heads(), spec.capacity()),
            rowBytes(spec));
    long bytes = Math.multiplyExact(2L * spec.layers(), planeBytes);
    region = memory.allocate("the KV cache", bytes, Usage.CACHE);
  }

  /** The cache as this backend's own. */
  public static CudaKvCache of(KvCache cache) {
    if (cache instanceof CudaKvCache own) {
      return own;
    }
    throw new IllegalArgumentException(
        "a KV cache of another backend: " + cache.getClass().getSimpleName());
  }

  /** Elements of one head's key with its padding. */
  public static int paddedHeadSize(KvCacheSpec spec) {
    return Math.ceilDiv(spec.headSize(), PADDING) * PADDING;
  }

  /** Bytes of one position of one head. */
  public static long rowBytes(KvCacheSpec spec) {
    return (long) paddedHeadSize(spec) * spec.type().groupBytes();
  }

  @Override
  public KvCacheSpec spec() {
    return spec;
  }

  /** How one element is stored. */
  public DataType type() {
    return type;
  }

  /** Does nothing: recorded graphs hold addresses, so there is room for all from the beginning. */
  @Override
  public void reserve(int slot, int positions) {}

  @Override
  public void trim(int slot, int positions) {}

  /** Where the whole cache begins. */
  public long address() {
    return region.address();
  }

  /** Where the keys of a layer begin, those of its first slot. */
  public long keys(int layer) {
    return region.address() + 2 * layer * planeBytes;
  }

  /** Where the values of a layer begin. */
  public long values(int layer) {
    return keys(layer) + planeBytes;
  }

  @Override
  public void close() {
    region.close();
  }
}
