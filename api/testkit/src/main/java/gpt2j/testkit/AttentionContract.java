package gpt2j.testkit;

import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.tensor.WeightFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@link gpt2j.api.Operations#attention} over what {@code appendKv} has stored: lengths, batches
 * and what a row may see.
 */
abstract class AttentionContract extends AttentionSupport {
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
    "3, 64, 257",
    "2, 64, 600",
    "1, 200, 40",
    "2, 300, 9",
    "1, 520, 9"
  })
  void prompts(int heads, int headSize, int capacity) {
    for (WeightFormat type : CACHE_TYPES) {
      if (supports(type)) {
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
  void everyTypeOfCache(WeightFormat type) {
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
    KvCacheSpec spec = new KvCacheSpec(1, 3, 64, 1, capacity, WeightFormat.F32);
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
    WeightFormat asked = CACHE_TYPES.get(seed % CACHE_TYPES.size());
    WeightFormat type = supports(asked) ? asked : WeightFormat.F32;
    KvCacheSpec spec = new KvCacheSpec(layers, heads, headSize, slots, capacity, type);
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
  void nothingBeyondTheRowsOwnPositionIsSeen(WeightFormat type) {
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
    KvCacheSpec spec = new KvCacheSpec(1, 2, 16, 2, 50, WeightFormat.F32);
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

  @Test
  void isDeterministic() {
    KvCacheSpec spec = new KvCacheSpec(1, 12, 64, 2, 257, WeightFormat.F32);
    repeat(
        bench -> {
          KvCache cache = bench.cache(spec);
          append(bench, cache, 0, Rows.ofSlot(1, 0, 257), 1, 1);
          attend(bench, cache, 0, Rows.ofSlot(1, 200, 57), 2, "many rows");
          attend(bench, cache, 0, Rows.ofSlot(1, 256, 1), 3, "one row");
        });
  }
}
