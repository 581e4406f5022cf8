package gpt2j.bench.jmh;

import gpt2j.api.AttentionProbe;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Caches for the benchmarks that use one. */
public final class Cache {
  /** A cache of as many layers as it takes so that the processor's caches don't hold it. */
  static KvCache make(Device device, int sequences, int capacity, WeightFormat type) {
    KvCacheSpec layer =
        new KvCacheSpec(1, Gpt2Sizes.HEADS, Gpt2Sizes.HEAD_SIZE, sequences, capacity, type);
    int layers = Device.copies(layer.bytes());
    KvCache cache =
        device
            .backend()
            .kvCache(
                new KvCacheSpec(
                    layers, layer.heads(), layer.headSize(), sequences, capacity, layer.type()));
    cache.reserveAll();
    return cache;
  }

  /** Writes keys and values at positions 0 … {@code positions - 1} of all slots and layers. */
  static void fill(Device device, KvCache cache, int positions) {
    KvCacheSpec spec = cache.spec();
    try (Tensor qkv = device.activations(positions, 3 * spec.width())) {
      for (int slot = 0; slot < spec.sequences(); slot++) {
        int of = slot;
        try (TokenBatch batch = device.batch(positions, row -> row, row -> of)) {
          for (int layer = 0; layer < spec.layers(); layer++) {
            device.operations().appendKv(cache, layer, qkv, batch);
          }
          device.backend().synchronize();
        }
      }
    }
  }

  /** What one more token of each sequence meets. */
  @State(Scope.Benchmark)
  public static class Decode {
    /** Sequences side by side. */
    @Param({"1", "16"})
    public int sequences;

    /** Positions attended to. */
    @Param({"128", "1024"})
    public int length;

    /** How the cache is kept. */
    @Param("F32")
    public WeightFormat cacheType = WeightFormat.F32;

    /** Fills a cache. */
    @Setup
    public void setUp(Device device) {
      KvCache cache = make(device, sequences, length, cacheType);
      fill(device, cache, length);
      Tensor qkv = device.activations(sequences, 3 * Gpt2Sizes.WIDTH);
      Tensor out = device.activations(sequences, Gpt2Sizes.WIDTH);
      TokenBatch batch = device.batch(sequences, row -> length - 1, row -> row);
      device.record(cache.spec().layers(), layer -> attend(device, out, qkv, cache, layer, batch));
    }
  }

  /** What a prompt meets. */
  @State(Scope.Benchmark)
  public static class Prefill {
    /** Tokens of the prompt. */
    @Param({"16", "512"})
    public int length;

    /** How the cache is kept. */
    @Param("F32")
    public WeightFormat cacheType = WeightFormat.F32;

    /** Fills a cache. */
    @Setup
    public void setUp(Device device) {
      KvCache cache = make(device, 1, length, cacheType);
      fill(device, cache, length);
      Tensor qkv = device.activations(length, 3 * Gpt2Sizes.WIDTH);
      Tensor out = device.activations(length, Gpt2Sizes.WIDTH);
      TokenBatch batch = device.batch(length, row -> row, row -> 0);
      device.record(cache.spec().layers(), layer -> attend(device, out, qkv, cache, layer, batch));
    }
  }

  /** What is appended. */
  @State(Scope.Benchmark)
  public static class Append {
    /** Tokens of one sequence. */
    @Param({"1", "16", "512"})
    public int rows;

    /** How the cache is kept. */
    @Param("F32")
    public WeightFormat cacheType = WeightFormat.F32;

    /** Makes a cache. */
    @Setup
    public void setUp(Device device) {
      KvCache cache = make(device, 1, Gpt2Sizes.CONTEXT, cacheType);
      Tensor qkv = device.activations(rows, 3 * Gpt2Sizes.WIDTH);
      TokenBatch batch = device.batch(rows, row -> row, row -> 0);
      device.record(
          cache.spec().layers(), layer -> device.operations().appendKv(cache, layer, qkv, batch));
    }
  }

  /** What is copied. */
  @State(Scope.Benchmark)
  public static class Copy {
    /** Positions of one sequence, in all layers. */
    @Param({"128", "1024"})
    public int length;

    /** How the cache is kept. */
    @Param("F32")
    public WeightFormat cacheType = WeightFormat.F32;

    /** Makes a cache of a slot to copy from and slots to copy to. */
    @Setup
    public void setUp(Device device) {
      int slots = Device.CALLS + 1;
      KvCache cache =
          device
              .backend()
              .kvCache(
                  new KvCacheSpec(
                      Gpt2Sizes.LAYERS,
                      Gpt2Sizes.HEADS,
                      Gpt2Sizes.HEAD_SIZE,
                      slots,
                      length,
                      cacheType));
      cache.reserveAll();
      fill(device, cache, length);
      device.record(Device.CALLS, i -> device.operations().copyKv(cache, i + 1, cache, i, length));
    }
  }

  private static void attend(
      Device device, Tensor out, Tensor qkv, KvCache cache, int layer, TokenBatch batch) {
    float scale = (float) (1 / Math.sqrt(Gpt2Sizes.HEAD_SIZE));
    device.operations().attention(out, qkv, cache, layer, batch, scale, AttentionProbe.NONE);
  }

  private Cache() {}
}
