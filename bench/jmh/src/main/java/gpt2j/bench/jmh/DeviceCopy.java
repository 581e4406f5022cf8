package gpt2j.bench.jmh;

import gpt2j.api.Backend;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.Step;
import gpt2j.api.tensor.WeightFormat;

/**
 * Copies memory of a device; half of the traffic is reading. The only way to stream through a
 * device's memory that every backend has.
 */
final class DeviceCopy implements Bandwidth {
  private static final int PASSES = 5;
  private static final int COPIES = 4;
  private static final int POSITIONS = 32_768;

  private final Backend backend;
  private final KvCache cache;
  private final Step copies;

  private final int positions;

  DeviceCopy(String name) {
    this(name, POSITIONS);
  }

  DeviceCopy(String name, int positions) {
    this.positions = positions;
    backend = Device.open(name, 0);
    cache =
        backend.kvCache(
            new KvCacheSpec(
                1, Gpt2Sizes.HEADS, Gpt2Sizes.HEAD_SIZE, 2, positions, WeightFormat.F32));
    cache.reserveAll();
    copies =
        backend.record(
            "copies",
            () -> {
              for (int i = 0; i < COPIES; i++) {
                backend.operations().copyKv(cache, 1, cache, 0, positions);
              }
            });
    measure();
  }

  @Override
  public double measure() {
    long least = Long.MAX_VALUE;
    for (int pass = 0; pass < PASSES; pass++) {
      backend.synchronize();
      long start = System.nanoTime();
      copies.run();
      backend.synchronize();
      least = Math.min(least, System.nanoTime() - start);
    }
    // Both slots of the cache: one read, one written.
    return COPIES * cache.spec().bytes() * 1e9 / least;
  }

  @Override
  public void close() {
    copies.close();
    backend.close();
  }
}
