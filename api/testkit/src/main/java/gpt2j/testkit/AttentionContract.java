package gpt2j.testkit;

import gpt2j.api.AttentionProbe;
import gpt2j.api.DataType;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.Tensor;
import gpt2j.api.TokenBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link gpt2j.api.Operations#attention} over what {@code appendKv} has stored. */
abstract class AttentionContract extends Contract {
  static final List<DataType> CACHE_TYPES = List.of(DataType.F32, DataType.F16, DataType.BF16);

  AttentionContract(BackendContract subject) {
    super(subject);
  }

  static IntStream seeds() {
    return IntStream.range(0, 60);
  }

  /** Whole prompts in one batch, the last of them as long as the cache. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "1, 1, 33",
    "3, 1, 17",
    "1, 3, 16",
    "5, 3, 31",
    "3, 16, 64",
    "12, 64, 9",
    "25, 64, 7",
    "1, 64, 100",
    "3, 80, 33",
    "5, 100, 17",
    "2, 128, 65",
    "1, 65, 5",
    "3, 64, 257"
  })
  void prompts(int heads, int headSize, int capacity) {
    for (DataType type : CACHE_TYPES) {
      if (type == DataType.F32 || !subject().unsupported().contains(Feature.cache(type))) {
        KvCacheSpec spec = new KvCacheSpec(1, heads, headSize, 2, capacity, type);
        compare(
            bench -> {
              KvCache cache = bench.cache(spec);
              for (int length : new int[] {1, (capacity + 1) / 2, capacity}) {
                String label = spec + ", " + length + " positions";
                append(bench, cache, 0, Rows.ofSlot(0, 0, length), length, 1);
                attend(bench, cache, 0, Rows.ofSlot(0, 0, length), length, label);
              }
            });
      }
    }
  }

  @ParameterizedTest
  @FieldSource("CACHE_TYPES")
  void everyTypeOfCache(DataType type) {
    KvCacheSpec spec = new KvCacheSpec(1, 3, 48, 1, 40, type);
    compare(
        bench -> {
          KvCache cache = bench.cache(spec);
          append(bench, cache, 0, Rows.ofSlot(0, 0, 37), 1, 1);
          attend(bench, cache, 0, Rows.ofSlot(0, 0, 37), 2, "prompt");
        });
  }

  /** Positions far apart in long caches, in small batches. */
  @ParameterizedTest
  @ValueSource(ints = {1000, 1024, 1031, 2049})
  void longCaches(int capacity) {
    KvCacheSpec spec = new KvCacheSpec(1, 3, 64, 1, capacity, DataType.F32);
    compare(
        bench -> {
          KvCache cache = bench.cache(spec);
          append(bench, cache, 0, Rows.ofSlot(0, 0, capacity), 1, 1);
          for (int position : new int[] {0, 1, 511, 512, 513, 998, capacity - 1}) {
            attend(bench, cache, 0, Rows.ofSlot(0, position, 1), position, "position " + position);
          }
          attend(bench, cache, 0, Rows.ofSlot(0, capacity - 40, 40), 9, "the last 40 positions");
        });
  }

  /**
   * Sequences that grow side by side, as in real use: in each step a random part of each, in random
   * order; layers, slots, lengths, chunk sizes and shapes are random as well.
   */
  @ParameterizedTest
  @MethodSource("seeds")
  void sequencesThatGrowSideBySide(int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int layers = 1 + random.nextInt(2);
    int slots = 1 + random.nextInt(4);
    int capacity = 1 + random.nextInt(70);
    int heads = 1 + random.nextInt(5);
    int headSize = 1 + random.nextInt(70);
    KvCacheSpec spec = new KvCacheSpec(layers, heads, headSize, slots, capacity, DataType.F32);
    int largestChunk = 1 << random.nextInt(7);
    compare(
        bench -> {
          SplittableRandom choice = new SplittableRandom(seed);
          KvCache cache = bench.cache(spec);
          poison(bench, cache);
          int[] lengths = new int[slots];
          for (int step = 0; step < 12; step++) {
            List<Rows.Row> rows = new ArrayList<>();
            for (int slot = 0; slot < slots; slot++) {
              int room = Math.min(largestChunk, capacity - lengths[slot]);
              int chunk = choice.nextInt(room + 1);
              rows.addAll(Rows.listOfSlot(slot, lengths[slot], chunk));
              lengths[slot] += chunk;
            }
            if (!rows.isEmpty()) {
              Rows batch = Rows.shuffled(rows, choice.nextLong());
              for (int layer = 0; layer < layers; layer++) {
                int values = 100 * step + layer;
                append(bench, cache, layer, batch, values, 1);
                String label = "%s, step %d, layer %d".formatted(spec, step, layer);
                attend(bench, cache, layer, batch, values, label);
              }
            }
          }
        });
  }

  /** All positions behind a row's own hold NaN, all other slots and layers too. */
  @ParameterizedTest
  @FieldSource("CACHE_TYPES")
  void nothingBeyondTheRowsOwnPositionIsSeen(DataType type) {
    KvCacheSpec spec = new KvCacheSpec(3, 3, 20, 3, 67, type);
    compare(
        bench -> {
          KvCache cache = bench.cache(spec);
          poison(bench, cache);
          for (int position = 0; position < spec.capacity(); position++) {
            Rows row = Rows.ofSlot(1, position, 1);
            append(bench, cache, 1, row, position, 1);
            attend(bench, cache, 1, row, position, "position " + position);
          }
        });
  }

  /** A row may lie before positions that are already stored, as when a prompt is done again. */
  @Test
  void earlierPositionsOfALongerSequence() {
    KvCacheSpec spec = new KvCacheSpec(1, 2, 16, 2, 50, DataType.F32);
    compare(
        bench -> {
          KvCache cache = bench.cache(spec);
          append(bench, cache, 0, Rows.ofSlot(1, 0, 50), 3, 1);
          List<Rows.Row> rows = new ArrayList<>();
          for (int position = 0; position < 50; position += 3) {
            rows.add(new Rows.Row(0, position, 1));
          }
          attend(bench, cache, 0, Rows.shuffled(rows, 4), 4, "every third");
        });
  }

  /** Scores up to about ±20000, whole numbers so that no backend has to round them. */
  @ParameterizedTest
  @ValueSource(ints = {1, 10, 60})
  void peakedAttentionNeitherOverflowsNorBlurs(int bound) {
    KvCacheSpec spec = new KvCacheSpec(1, 3, 16, 1, 65, DataType.F32);
    compare(
        bench -> {
          KvCache cache = bench.cache(spec);
          int width = 3 * spec.width();
          Rows rows = Rows.ofSlot(0, 0, 65);
          TokenBatch batch = bench.batch(rows);
          float[] values = Numbers.randomWhole(bound, 65 * width, bound);
          Tensor qkv = bench.floats(values, 65, width);
          Tensor out = bench.floats(65, spec.width());
          bench.operations().appendKv(cache, 0, qkv, batch);
          bench.operations().attention(out, qkv, cache, 0, batch, 0.5f, AttentionProbe.NONE);
          bench.show("scores of whole numbers to " + bound, out, cacheTolerance(DataType.F32));
        });
  }

  @ParameterizedTest
  @ValueSource(floats = {0, -1, 1, 0.125f, 3})
  void anyScale(float scale) {
    KvCacheSpec spec = new KvCacheSpec(1, 2, 24, 1, 33, DataType.F32);
    compare(
        bench -> {
          KvCache cache = bench.cache(spec);
          TokenBatch batch = bench.batch(Rows.ofSlot(0, 0, 33));
          Tensor qkv = qkv(bench, spec, 33, 5, 1);
          Tensor out = bench.floats(33, spec.width());
          bench.operations().appendKv(cache, 0, qkv, batch);
          bench.operations().attention(out, qkv, cache, 0, batch, scale, AttentionProbe.NONE);
          bench.show("scale " + scale, out, cacheTolerance(DataType.F32));
        });
  }

  @ParameterizedTest
  @FieldSource("CACHE_TYPES")
  void theProbeHasTheProbabilities(DataType type) {
    KvCacheSpec spec = new KvCacheSpec(1, 3, 20, 2, 37, type);
    compare(
        bench -> {
          KvCache cache = bench.cache(spec);
          poison(bench, cache);
          Rows rows = Rows.shuffled(Rows.listOfSlot(1, 0, 30), 1);
          TokenBatch batch = bench.batch(rows);
          Tensor qkv = qkv(bench, spec, 30, 6, 1);
          Tensor out = bench.floats(30, spec.width());
          Tensor probabilities = bench.floats(30, spec.heads(), spec.capacity());
          bench.operations().appendKv(cache, 0, qkv, batch);
          bench.probe(out, qkv, cache, batch, 0.2f, probabilities);
          bench.show("result", out, cacheTolerance(type));
          bench.show("probabilities", probabilities, cacheTolerance(type));
          float[] values = bench.read(probabilities);
          for (int i = 0; i < values.length; i++) {
            boolean seen = i % spec.capacity() <= rows.positions()[i / (3 * spec.capacity())];
            values[i] = seen || values[i] != 0 ? 1 : 0;
          }
          bench.show("zero behind the row's own position", values, spec.capacity(), 0);
        });
  }

  @Test
  void aRowOfNaNSpoilsNoOther() {
    KvCacheSpec spec = new KvCacheSpec(1, 3, 16, 2, 33, DataType.F32);
    compare(
        bench -> {
          KvCache cache = bench.cache(spec);
          append(bench, cache, 0, Rows.ofSlot(0, 0, 33), 7, 1);
          float[] values = Numbers.random(8, 9 * 3 * spec.width(), 1);
          Arrays.fill(values, 3 * spec.width(), 2 * 3 * spec.width(), Float.NaN);
          Tensor qkv = bench.floats(values, 9, 3 * spec.width());
          Tensor out = bench.floats(9, spec.width());
          TokenBatch batch = bench.batch(Rows.ofSlot(0, 20, 9));
          bench.operations().attention(out, qkv, cache, 0, batch, 0.25f, AttentionProbe.NONE);
          bench.show("the row before", out.rows(0, 1), cacheTolerance(DataType.F32));
          bench.show("the rows behind", out.rows(2, 7), cacheTolerance(DataType.F32));
        });
  }

  @Test
  void slotsAndPositionsThatDoNotExist() {
    KvCacheSpec spec = new KvCacheSpec(1, 3, 16, 2, 33, DataType.F32);
    compare(
        bench -> {
          KvCache cache = bench.cache(spec);
          append(bench, cache, 0, Rows.ofSlot(0, 0, 33), 7, 1);
          List<Rows.Row> rows = new ArrayList<>();
          for (int wrong : new int[] {-1, 1 << 20, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            rows.add(new Rows.Row(0, 5 + rows.size(), 0));
            rows.add(new Rows.Row(0, wrong, 0));
            rows.add(new Rows.Row(0, 6 + rows.size(), 0));
            rows.add(new Rows.Row(0, 3, wrong));
          }
          Tensor out = bench.floats(rows.size(), spec.width());
          Tensor qkv = qkv(bench, spec, rows.size(), 9, 1);
          TokenBatch batch = bench.batch(Rows.of(rows));
          bench.operations().attention(out, qkv, cache, 0, batch, 0.25f, AttentionProbe.NONE);
          for (int row = 0; row < rows.size(); row += 2) {
            bench.show("row " + row, out.rows(row, 1), cacheTolerance(DataType.F32));
          }
        });
  }

  @Test
  void isDeterministic() {
    KvCacheSpec spec = new KvCacheSpec(1, 12, 64, 2, 257, DataType.F32);
    repeat(
        bench -> {
          KvCache cache = bench.cache(spec);
          append(bench, cache, 0, Rows.ofSlot(1, 0, 257), 1, 1);
          attend(bench, cache, 0, Rows.ofSlot(1, 200, 57), 2, "many rows");
          attend(bench, cache, 0, Rows.ofSlot(1, 256, 1), 3, "one row");
        });
  }

  /** Fills a cache with NaN. */
  private static void poison(Workbench bench, KvCache cache) {
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

  private static void append(
      Workbench bench, KvCache cache, int layer, Rows rows, long seed, double deviation) {
    Tensor qkv = qkv(bench, cache.spec(), rows.count(), seed, deviation);
    bench.operations().appendKv(cache, layer, qkv, bench.batch(rows));
  }

  private void attend(
      Workbench bench, KvCache cache, int layer, Rows rows, long seed, String label) {
    KvCacheSpec spec = cache.spec();
    Tensor qkv = qkv(bench, spec, rows.count(), -seed, 2);
    Tensor out = bench.floats(rows.count(), spec.width());
    float scale = (float) (1 / Math.sqrt(spec.headSize()));
    bench
        .operations()
        .attention(out, qkv, cache, layer, bench.batch(rows), scale, AttentionProbe.NONE);
    bench.show(label, out, cacheTolerance(spec.type()));
  }

  private static Tensor qkv(
      Workbench bench, KvCacheSpec spec, int rows, long seed, double deviation) {
    int width = 3 * spec.width();
    return bench.floats(Numbers.random(seed, rows * width, deviation), rows, width);
  }

  private double cacheTolerance(DataType type) {
    return subject().cacheTolerance(type);
  }
}
