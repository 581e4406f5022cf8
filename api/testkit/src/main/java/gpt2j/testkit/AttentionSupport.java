package gpt2j.testkit;

import gpt2j.api.AttentionProbe;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import java.util.List;

/** What the parts of the contract about attention share. */
abstract class AttentionSupport extends Contract {
  static final List<WeightFormat> CACHE_TYPES =
      List.of(WeightFormat.F32, WeightFormat.F16, WeightFormat.BF16, WeightFormat.Q8_0);

  AttentionSupport(BackendContract subject) {
    super(subject);
  }

  boolean supports(WeightFormat cache) {
    return !subject().unsupported().contains(Feature.cache(cache));
  }

  /** Fills a cache with NaN. */
  static void poison(Workbench bench, KvCache cache) {
    KvCacheSpec spec = cache.spec();
    float[] undefined = Numbers.repeated(Float.NaN, spec.capacity() * 3 * spec.width());
    Tensor qkv = bench.floats(undefined, spec.capacity(), 3 * spec.width());
    for (int slot = 0; slot < spec.sequences(); slot++) {
      TokenBatch batch = bench.batch(Rows.ofSlot(slot, 0, spec.capacity()));
      for (int layer = 0; layer < spec.layers(); layer++) {
        bench.operations().appendKv(cache, layer, qkv, batch);
      }
    }
  }

  static void append(
      Workbench bench, KvCache cache, int layer, Rows rows, long seed, double deviation) {
    Tensor qkv = qkv(bench, cache.spec(), rows.count(), seed, deviation);
    bench.operations().appendKv(cache, layer, qkv, bench.batch(rows));
  }

  void attend(Workbench bench, KvCache cache, int layer, Rows rows, long seed, String label) {
    KvCacheSpec spec = cache.spec();
    Tensor qkv = qkv(bench, spec, rows.count(), -seed, 2);
    Tensor out = bench.floats(rows.count(), spec.width());
    float scale = (float) (1 / Math.sqrt(spec.headSize()));
    bench
        .operations()
        .attention(out, qkv, cache, layer, bench.batch(rows), scale, AttentionProbe.NONE);
    bench.show(label, out, cacheTolerance(spec.type()));
  }

  static Tensor qkv(Workbench bench, KvCacheSpec spec, int rows, long seed, double deviation) {
    int width = 3 * spec.width();
    return bench.floats(Numbers.random(seed, rows * width, deviation), rows, width);
  }

  double cacheTolerance(WeightFormat type) {
    return subject().cacheTolerance(type);
  }
}
