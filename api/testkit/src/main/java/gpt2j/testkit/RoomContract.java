package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.AttentionProbe;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.OutOfMemoryException;
import gpt2j.api.Step;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** {@link KvCache#reserve} and {@link KvCache#trim}. */
abstract class RoomContract extends Contract {
  static final List<WeightFormat> CACHE_TYPES = KvCacheContract.CACHE_TYPES;

  private static final int HEADS = 3;
  private static final int HEAD_SIZE = 20;
  private static final int WIDTH = HEADS * HEAD_SIZE;
  private static final int CAPACITY = 300;

  RoomContract(BackendContract subject) {
    super(subject);
  }

  private static KvCacheSpec spec(WeightFormat type) {
    return new KvCacheSpec(2, HEADS, HEAD_SIZE, 3, CAPACITY, type);
  }

  /** Slots grow by turns and by odd steps; each time all is read, and attended to. */
  @ParameterizedTest
  @FieldSource("CACHE_TYPES")
  void whatIsStoredStaysWhereASlotGrows(WeightFormat type) {
    compare(
        bench -> {
          KvCache cache = bench.emptyCache(spec(type));
          int[] lengths = new int[3];
          int[] steps = {1, 2, 15, 1, 31, 64, 5, 100};
          for (int i = 0; i < 3 * steps.length; i++) {
            int slot = i % 3;
            int step = steps[i / 3 + slot & 7];
            int added = Math.min(step, CAPACITY - lengths[slot]);
            if (added > 0) {
              cache.reserve(slot, lengths[slot] + added);
              append(bench, cache, slot, lengths[slot], added, i);
              lengths[slot] += added;
            }
            show(bench, cache, lengths, "step " + i);
            attend(bench, cache, slot, lengths[slot] - 1, "step " + i);
          }
        });
  }

  @ParameterizedTest
  @FieldSource("CACHE_TYPES")
  void trimmingKeepsWhatLiesBefore(WeightFormat type) {
    compare(
        bench -> {
          KvCache cache = bench.emptyCache(spec(type));
          int[] lengths = new int[3];
          SplittableRandom random = new SplittableRandom(5);
          for (int i = 0; i < 24; i++) {
            int slot = random.nextInt(3);
            int length = random.nextInt(4) == 0 ? 0 : random.nextInt(lengths[slot] + 1);
            cache.trim(slot, length);
            int added = Math.min(CAPACITY - length, 1 + random.nextInt(90));
            cache.reserve(slot, length + added);
            append(bench, cache, slot, length, added, i);
            lengths[slot] = length + added;
            show(bench, cache, lengths, "step " + i);
            attend(bench, cache, slot, lengths[slot] - 1, "step " + i);
          }
        });
  }

  /** Between caches of which each slot has other room. */
  @Test
  void copiesBetweenSlotsOfDifferentRoom() {
    compare(
        bench -> {
          KvCache from = bench.emptyCache(spec(WeightFormat.F32));
          KvCache to =
              bench.emptyCache(new KvCacheSpec(2, HEADS, HEAD_SIZE, 2, 70, WeightFormat.F32));
          from.reserve(1, 200);
          append(bench, from, 1, 0, 200, 1);
          for (int positions : new int[] {1, 16, 17, 63, 70}) {
            to.trim(0, 0);
            to.reserve(0, positions);
            bench.operations().copyKv(to, 0, from, 1, positions);
            show(bench, to, new int[] {positions, 0}, positions + " positions");
          }
          from.reserve(0, 33);
          bench.operations().copyKv(from, 0, from, 1, 33);
          show(bench, from, new int[] {33, 200, 0}, "within a cache");
        });
  }

  /** Keys, values and the row's output at each position that a recorded step comes to. */
  @Test
  void aRecordedStepTakesTheRoomThatThereIs() {
    compare(
        bench -> {
          KvCache cache = bench.emptyCache(spec(WeightFormat.F32));
          TokenBatch batch = bench.batch(Rows.ofSlot(2, 0, 1));
          Tensor qkv = bench.floats(Numbers.random(7, 3 * WIDTH, 1), 1, 3 * WIDTH);
          Tensor out = bench.floats(1, WIDTH);
          Tensor sampled = bench.ints(0);
          cache.reserve(2, 1);
          Step step =
              bench.record(
                  "append and attend",
                  () -> {
                    bench.operations().appendKv(cache, 0, qkv, batch);
                    bench
                        .operations()
                        .attention(out, qkv, cache, 0, batch, 0.3f, AttentionProbe.NONE);
                    bench.operations().advance(batch, sampled);
                  });
          for (int position = 0; position < 150; position++) {
            cache.reserve(2, position + 1);
            bench.write(qkv, Numbers.random(position, 3 * WIDTH, 1));
            step.run();
            bench.show("position " + position, out, subject().cacheTolerance(WeightFormat.F32));
          }
        });
  }

  @Test
  void whatHasNoRoomIsRefused() {
    onBackend(
        bench -> {
          KvCache cache = bench.emptyCache(spec(WeightFormat.F32));
          KvCache full = bench.cache(spec(WeightFormat.F32));
          cache.reserve(1, 10);
          List<Executable> calls =
              List.of(
                  () -> cache.reserve(3, 1),
                  () -> cache.reserve(-1, 1),
                  () -> cache.reserve(0, CAPACITY + 1),
                  () -> cache.reserve(0, -1),
                  () -> cache.trim(3, 0),
                  () -> cache.trim(0, -1),
                  () -> cache.trim(0, CAPACITY + 1),
                  () -> bench.readKv(cache, 0, 0, 1),
                  () -> bench.readKv(cache, 0, 1, 11),
                  () -> bench.operations().copyKv(cache, 1, full, 0, 11),
                  () -> bench.operations().copyKv(full, 1, cache, 1, 11),
                  () -> bench.operations().copyKv(full, 1, cache, 0, 1));
          for (Executable call : calls) {
            assertThrows(IllegalArgumentException.class, call);
          }
          cache.trim(1, 4);
          assertThrows(IllegalArgumentException.class, () -> bench.readKv(cache, 0, 1, 5));
          bench.readKv(cache, 0, 1, 4);
        });
  }

  /** What lies beside a row without room stays as it is. */
  @Test
  void rowsWithoutRoomAreNotStored() {
    compare(
        bench -> {
          KvCache cache = bench.emptyCache(spec(WeightFormat.F32));
          cache.reserve(0, 40);
          cache.reserve(1, 64);
          append(bench, cache, 0, 0, 40, 1);
          append(bench, cache, 1, 0, 64, 2);
          append(bench, cache, 2, 0, 20, 3);
          show(bench, cache, new int[] {40, 64, 0}, "after");
        });
  }

  @ParameterizedTest
  @FieldSource("CACHE_TYPES")
  void roomIsAccounted(WeightFormat type) {
    Backend backend = backend();
    long before = backend.memory().of(Usage.CACHE);
    KvCacheSpec spec =
        spec(subject().unsupported().contains(Feature.cache(type)) ? WeightFormat.F32 : type);
    try (KvCache cache = backend.kvCache(spec)) {
      for (int slot = 0; slot < 3; slot++) {
        cache.reserve(slot, 100 * (slot + 1));
        long least = 100L * (slot + 1) * spec.bytesPerPosition();
        assertTrue(backend.memory().of(Usage.CACHE) - before >= least, "slot " + slot);
      }
      long most = backend.memory().of(Usage.CACHE);
      for (int slot = 0; slot < 3; slot++) {
        cache.trim(slot, 0);
        assertTrue(backend.memory().of(Usage.CACHE) <= most, "slot " + slot);
      }
      cache.reserveAll();
    }
    assertEquals(before, backend.memory().of(Usage.CACHE));
  }

  /** A slot that can't grow is what it was. */
  @Test
  void noRoomLeavesWhatThereIs() {
    KvCacheSpec large = new KvCacheSpec(2, 16, 64, 2, 4096, WeightFormat.F32); // 128 MiB
    try (Backend limited =
            subject().provider().open(BackendOptions.defaults().withMemoryLimit(48L << 20));
        Workbench bench = new Workbench(subject(), limited)) {
      KvCache cache;
      try {
        cache = bench.emptyCache(large);
      } catch (OutOfMemoryException e) {
        return; // it takes all at once
      }
      cache.reserve(0, 64);
      Tensor qkv = bench.floats(Numbers.random(1, 64 * 3 * 1024, 1), 64, 3 * 1024);
      bench.operations().appendKv(cache, 1, qkv, bench.batch(Rows.ofSlot(0, 0, 64)));
      float[][] stored = bench.readKv(cache, 1, 0, 64);
      assertThrows(OutOfMemoryException.class, () -> cache.reserve(0, 4096));
      assertArrayEquals(stored, bench.readKv(cache, 1, 0, 64));
      assertThrows(IllegalArgumentException.class, () -> bench.readKv(cache, 1, 0, 65));
    }
  }

  private static void append(
      Workbench bench, KvCache cache, int slot, int first, int count, int seed) {
    for (int layer = 0; layer < 2; layer++) {
      float[] values = Numbers.random(2L * seed + layer, count * 3 * WIDTH, 1);
      Tensor qkv = bench.floats(values, count, 3 * WIDTH);
      TokenBatch batch = bench.batch(Rows.ofSlot(slot, first, count));
      bench.operations().appendKv(cache, layer, qkv, batch);
    }
  }

  private void attend(Workbench bench, KvCache cache, int slot, int position, String label) {
    Tensor out = bench.floats(1, WIDTH);
    Tensor qkv = bench.floats(Numbers.random(position, 3 * WIDTH, 1), 1, 3 * WIDTH);
    TokenBatch batch = bench.batch(Rows.ofSlot(slot, position, 1));
    bench.operations().attention(out, qkv, cache, 1, batch, 0.2f, AttentionProbe.NONE);
    bench.show(label + ", attention", out, subject().cacheTolerance(cache.spec().type()));
  }

  private static void show(Workbench bench, KvCache cache, int[] lengths, String label) {
    for (int slot = 0; slot < lengths.length; slot++) {
      for (int layer = 0; layer < 2 && lengths[slot] > 0; layer++) {
        float[][] read = bench.readKv(cache, layer, slot, lengths[slot]);
        String where = "%s, slot %d, layer %d, ".formatted(label, slot, layer);
        bench.show(where + "keys", read[0], WIDTH, 0);
        bench.show(where + "values", read[1], WIDTH, 0);
      }
    }
  }
}
