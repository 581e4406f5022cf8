package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * {@link gpt2j.api.Operations#appendKv}, {@link gpt2j.api.Operations#copyKv} and {@link
 * gpt2j.api.Backend#readKv}. What comes back is what went in, rounded to the cache's type: exact.
 */
abstract class KvCacheContract extends Contract {
  static final List<WeightFormat> CACHE_TYPES =
      List.of(WeightFormat.F32, WeightFormat.F16, WeightFormat.BF16, WeightFormat.Q8_0);

  KvCacheContract(BackendContract subject) {
    super(subject);
  }

  @ParameterizedTest
  @FieldSource("CACHE_TYPES")
  void whatIsAppendedIsRead(WeightFormat type) {
    int[][] sizes = { // heads, head size, sequences, capacity
      {1, 1, 1, 1},
      {1, 1, 3, 7},
      {3, 1, 1, 5},
      {5, 3, 2, 17},
      {3, 16, 1, 33},
      {25, 64, 2, 9},
      {3, 80, 3, 31},
      {5, 100, 1, 65},
      {12, 64, 1, 100}
    };
    for (int[] s : sizes) {
      compare(
          bench -> {
            KvCacheSpec spec = new KvCacheSpec(2, s[0], s[1], s[2], s[3], type);
            KvCache cache = bench.cache(spec);
            fill(bench, cache, 1);
            show(bench, cache, spec.toString());
          });
    }
  }

  @ParameterizedTest
  @FieldSource("CACHE_TYPES")
  void describesItself(WeightFormat type) {
    onBackend(
        bench -> {
          KvCacheSpec spec = new KvCacheSpec(2, 3, 5, 7, 11, type);
          assertEquals(spec, bench.cache(spec).spec());
        });
  }

  /** Rounded to nearest, ties to even; denormals, infinities and signs of zero are kept. */
  @ParameterizedTest
  @FieldSource("CACHE_TYPES")
  void everyKindOfNumberIsRoundedToTheType(WeightFormat type) {
    float[] special = {
      0,
      -0.0f,
      1,
      -1,
      65504,
      65519,
      65520,
      -65520,
      1e30f,
      -1e30f,
      1e-7f,
      3e-8f,
      2.9e-8f,
      6e-8f,
      -5.96e-8f,
      6.1e-5f,
      1 + 0x1p-8f,
      1 + 3 * 0x1p-8f,
      1 + 0x1p-11f,
      1 + 3 * 0x1p-11f,
      Float.MAX_VALUE,
      Float.MIN_NORMAL,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      Float.NaN
    };
    onBackend(
        bench -> {
          int width = special.length;
          KvCache cache = bench.cache(new KvCacheSpec(1, width, 1, 1, 2, type));
          float[] qkv = new float[3 * width];
          for (int i = 0; i < width; i++) {
            qkv[width + i] = special[i];
            qkv[2 * width + i] = special[width - 1 - i];
          }
          Tensor rows = bench.floats(qkv, 1, 3 * width);
          bench.operations().appendKv(cache, 0, rows, bench.batch(Rows.ofSlot(0, 0, 1)));
          float[][] read = bench.readKv(cache, 0, 0, 1);
          for (int i = 0; i < width; i++) {
            float[] rounded = {special[i]};
            type.round(rounded, 0, 1, 1);
            assertEquals(rounded[0], read[0][i], "key " + special[i]);
            assertEquals(rounded[0], read[1][width - 1 - i], "value " + special[i]);
          }
        });
  }

  @ParameterizedTest
  @FieldSource("CACHE_TYPES")
  void appendingAgainReplacesOnlyThoseRows(WeightFormat type) {
    KvCacheSpec spec = new KvCacheSpec(3, 3, 7, 3, 20, type);
    compare(
        bench -> {
          KvCache cache = bench.cache(spec);
          fill(bench, cache, 2);
          List<Rows.Row> rows = new ArrayList<>();
          for (int i = 0; i < 15; i++) {
            rows.add(new Rows.Row(0, (i * 7 + 19) % 20, i % 3));
          }
          append(bench, cache, 1, Rows.of(rows), 3);
          show(bench, cache, "after appending again");
        });
  }

  /** Rows come in any order: of one slot backwards, of several slots mixed. */
  @Test
  void rowsInAnyOrder() {
    KvCacheSpec spec = new KvCacheSpec(1, 2, 9, 4, 13, WeightFormat.F32);
    compare(
        bench -> {
          KvCache cache = bench.cache(spec);
          List<Rows.Row> rows = new ArrayList<>();
          for (int slot = 0; slot < 4; slot++) {
            rows.addAll(Rows.listOfSlot(slot, 0, 13));
          }
          append(bench, cache, 0, Rows.shuffled(rows, 5), 6);
          show(bench, cache, "shuffled rows");
        });
  }

  /** Undefined where to, but nowhere outside the cache and without a failure. */
  @Test
  void slotsAndPositionsThatDoNotExist() {
    KvCacheSpec spec = new KvCacheSpec(1, 2, 16, 2, 9, WeightFormat.F32);
    onBackend(
        bench -> {
          KvCache other = bench.cache(spec);
          KvCache cache = bench.cache(spec);
          KvCache another = bench.cache(spec);
          fill(bench, other, 7);
          fill(bench, another, 7);
          List<Rows.Row> rows = new ArrayList<>();
          for (int wrong : new int[] {-1, -9, 18, 1 << 20, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            rows.add(new Rows.Row(0, wrong, 0));
            rows.add(new Rows.Row(0, 3, wrong));
          }
          append(bench, cache, 0, Rows.of(rows), 8);
          bench.backend().synchronize();
          List<Reading> expected = readings(subject().reference(), b -> filled(b, spec));
          Reading.assertEqual(
              expected,
              readings(
                  bench.backend(),
                  b -> {
                    show(b, other, "cache");
                    show(b, another, "cache");
                  }));
        });
  }

  private static void filled(Workbench bench, KvCacheSpec spec) {
    for (int i = 0; i < 2; i++) {
      KvCache cache = bench.cache(spec);
      fill(bench, cache, 7);
      show(bench, cache, "cache");
    }
  }

  @ParameterizedTest
  @FieldSource("CACHE_TYPES")
  void copiesToASlotOfTheSameCache(WeightFormat type) {
    KvCacheSpec spec = new KvCacheSpec(3, 2, 11, 3, 17, type);
    compare(
        bench -> {
          for (int positions : new int[] {0, 1, 5, 16, 17}) {
            KvCache cache = bench.cache(spec);
            fill(bench, cache, 9);
            bench.operations().copyKv(cache, 0, cache, 2, positions);
            show(bench, cache, positions + " positions copied");
          }
        });
  }

  @ParameterizedTest
  @FieldSource("CACHE_TYPES")
  void copiesToACacheOfAnotherSize(WeightFormat type) {
    int[][] sizes = {{1, 8, 3, 31}, {3, 31, 1, 8}, {2, 20, 2, 21}, {4, 5, 1, 64}};
    for (int[] s : sizes) {
      compare(
          bench -> {
            KvCache from = bench.cache(new KvCacheSpec(2, 3, 7, s[0], s[1], type));
            KvCache to = bench.cache(new KvCacheSpec(2, 3, 7, s[2], s[3], type));
            fill(bench, from, 10);
            fill(bench, to, 11);
            int positions = Math.min(s[1], s[3]) - 1;
            bench.operations().copyKv(to, s[2] - 1, from, s[0] - 1, positions);
            show(bench, to, "the cache copied to");
            show(bench, from, "the cache copied from");
          });
    }
  }

  @Test
  void anEmptyRangeCanBeRead() {
    onBackend(
        bench -> {
          KvCache cache = bench.cache(new KvCacheSpec(1, 2, 3, 1, 4, WeightFormat.F32));
          assertTrue(bench.readKv(cache, 0, 0, 0)[0].length == 0);
        });
  }

  /** Gives every position of every slot and layer its own numbers. */
  private static void fill(Workbench bench, KvCache cache, int seed) {
    for (int layer = 0; layer < cache.spec().layers(); layer++) {
      for (int slot = 0; slot < cache.spec().sequences(); slot++) {
        Rows rows = Rows.ofSlot(slot, 0, cache.spec().capacity());
        append(bench, cache, layer, rows, 1000L * seed + 100 * layer + slot);
      }
    }
  }

  private static void append(Workbench bench, KvCache cache, int layer, Rows rows, long seed) {
    int width = 3 * cache.spec().width();
    Tensor qkv = bench.floats(Numbers.random(seed, rows.count() * width, 1), rows.count(), width);
    bench.operations().appendKv(cache, layer, qkv, bench.batch(rows));
  }

  private static void show(Workbench bench, KvCache cache, String label) {
    KvCacheSpec spec = cache.spec();
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (int slot = 0; slot < spec.sequences(); slot++) {
        for (int positions : new int[] {1, spec.capacity()}) {
          float[][] read = bench.readKv(cache, layer, slot, positions);
          String where = "%s: layer %d, slot %d, ".formatted(label, layer, slot);
          bench.show(where + "keys", read[0], spec.width(), 0);
          bench.show(where + "values", read[1], spec.width(), 0);
        }
      }
    }
  }
}
