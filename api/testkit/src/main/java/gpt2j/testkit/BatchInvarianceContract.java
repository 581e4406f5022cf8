package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;

import gpt2j.api.AttentionProbe;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.LinearWeights;
import gpt2j.api.Operations;
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@link BackendOptions#batchInvariant}: what a row gives alone it gives in whatever company, bit
 * for bit.
 */
abstract class BatchInvarianceContract extends AttentionSupport {
  /** Rows of which some are computed together. */
  private static final int COUNT = 72;

  /** How many at a time: around those at which kernels may change. */
  private static final int[] TOGETHER = {2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 16, 24, 31, 33, 64, 72};

  /** Inputs and outputs of products: sums in one part and in several, ends of vectors and tiles. */
  private static final int[][] SHAPES = {{20, 7}, {48, 130}, {200, 65}, {800, 48}, {3100, 9}};

  private @Nullable Backend invariant;

  BatchInvarianceContract(BackendContract subject) {
    super(subject);
  }

  @BeforeAll
  final void openInvariant() {
    BackendOptions options = BackendOptions.defaults().withBatchInvariant(true);
    if (subject().unsupported().contains(Feature.BATCH_INVARIANCE)) {
      assertThrows(UnsupportedException.class, () -> subject().provider().open(options).close());
    }
    try {
      invariant = subject().provider().open(options);
    } catch (UnsupportedException e) {
      throw subject().lacking(Feature.BATCH_INVARIANCE, String.valueOf(e.getMessage()));
    }
  }

  @AfterAll
  final void closeInvariant() {
    if (invariant != null) {
      invariant.close();
    }
  }

  @Override
  Backend backend() {
    return Objects.requireNonNull(invariant, "not open");
  }

  private WeightFormat supported(WeightFormat precision) {
    return backend().supports(precision) ? precision : WeightFormat.F32;
  }

  /** Computes some of many rows together. */
  private interface Work {
    /** The results of the rows, one behind another. */
    float[] of(int... rows);
  }

  /** Every row alone, then in many companies, then some alone again. */
  private static void check(String label, long seed, Work work) {
    SplittableRandom random = new SplittableRandom(seed);
    float[][] alone = new float[COUNT][];
    for (int row = 0; row < COUNT; row++) {
      alone[row] = work.of(row);
    }
    for (int size : TOGETHER) {
      int[] rows = chosen(random, size);
      float[] results = work.of(rows);
      for (int i = 0; i < size; i++) {
        String where = "%s: row %d, as number %d of %d".formatted(label, rows[i], i, size);
        assertSame(where, alone[rows[i]], results, i);
      }
    }
    for (int row = 0; row < COUNT; row += 5) {
      assertSame(label + ": alone again, row " + row, alone[row], work.of(row), 0);
    }
  }

  /** That many different rows in random order. */
  private static int[] chosen(SplittableRandom random, int size) {
    int[] rows = IntStream.range(0, COUNT).toArray();
    for (int i = 0; i < size; i++) {
      int other = random.nextInt(i, COUNT);
      int row = rows[other];
      rows[other] = rows[i];
      rows[i] = row;
    }
    return Arrays.copyOf(rows, size);
  }

  /** Fails unless the given row of results has the very bits. */
  private static void assertSame(String where, float[] expected, float[] results, int row) {
    for (int column = 0; column < expected.length; column++) {
      float actual = results[row * expected.length + column];
      if (Float.floatToRawIntBits(actual) != Float.floatToRawIntBits(expected[column])) {
        fail(
            "%s: column %d is %s, alone it was %s"
                .formatted(where, column, actual, expected[column]));
      }
    }
  }

  /** Those rows of a matrix of {@link #COUNT}. */
  private static float[] rowsOf(float[] matrix, int... rows) {
    int width = matrix.length / COUNT;
    float[] some = new float[rows.length * width];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(matrix, rows[i] * width, some, i * width, width);
    }
    return some;
  }

  @ParameterizedTest
  @EnumSource
  void products(WeightFormat precision) {
    for (int[] shape : SHAPES) {
      int inputs = shape[0];
      int outputs = shape[1];
      float[] xs = Numbers.random(1, COUNT * inputs, 1);
      float[] before = Numbers.random(2, COUNT * outputs, 1);
      Epilogue epilogue = Epilogue.values()[(inputs / 20 + outputs) % Epilogue.values().length];
      onBackend(
          bench -> {
            LinearWeights weights = linear(bench, inputs, outputs, precision);
            check(
                "%d × %d, %s, %s".formatted(inputs, outputs, precision, epilogue),
                inputs,
                rows -> {
                  Tensor x = bench.floats(rowsOf(xs, rows), rows.length, inputs);
                  Tensor out = bench.floats(rowsOf(before, rows), rows.length, outputs);
                  bench.operations().linear(out, x, weights, epilogue);
                  return bench.read(out);
                });
          });
    }
  }

  private static LinearWeights linear(
      Workbench bench, int inputs, int outputs, WeightFormat precision) {
    float[] weight = Numbers.random(3, inputs * outputs, 1 / Math.sqrt(inputs));
    float[] bias = Numbers.random(4, outputs, 1);
    return bench.weights(
        Numbers.host(weight, inputs, outputs), Numbers.host(bias, outputs), precision);
  }

  /** A backend may compute a norm in the product behind it. */
  @ParameterizedTest
  @ValueSource(ints = {20, 768, 1601})
  void productsOfNorms(int width) {
    float[] xs = Numbers.random(5, COUNT * width, 2);
    onBackend(
        bench -> {
          Tensor gain = bench.floats(Numbers.random(6, width, 1), width);
          Tensor bias = bench.floats(Numbers.random(7, width, 1), width);
          LinearWeights weights = linear(bench, width, 24, supported(WeightFormat.BF16));
          check(
              "norm and product of " + width,
              width,
              rows -> {
                Tensor x = bench.floats(rowsOf(xs, rows), rows.length, width);
                Tensor normalized = bench.floats(rows.length, width);
                Tensor out = bench.floats(rows.length, 24);
                bench.operations().layerNorm(normalized, x, gain, bias, 1e-5f);
                bench.operations().linear(out, normalized, weights, Epilogue.NONE);
                float[] product = bench.read(out);
                return sideBySide(rows.length, bench.read(normalized), product);
              });
        });
  }

  private static float[] sideBySide(int rows, float[] first, float[] second) {
    int width = (first.length + second.length) / rows;
    float[] both = new float[rows * width];
    for (int row = 0; row < rows; row++) {
      int left = first.length / rows;
      System.arraycopy(first, row * left, both, row * width, left);
      System.arraycopy(second, row * (width - left), both, row * width + left, width - left);
    }
    return both;
  }

  @ParameterizedTest
  @EnumSource
  void logitsAndLosses(WeightFormat precision) {
    int width = 100;
    for (int vocabulary : new int[] {31, 1043}) {
      float[] xs = Numbers.random(8, COUNT * width, 1);
      onBackend(
          bench -> {
            float[] vectors = Numbers.random(9, vocabulary * width, 0.3);
            EmbeddingTable head = bench.table(Numbers.host(vectors, vocabulary, width), precision);
            check(
                "logits of %d tokens, %s".formatted(vocabulary, precision),
                vocabulary,
                rows -> {
                  Operations operations = bench.operations();
                  Tensor logits = bench.floats(rows.length, vocabulary);
                  Tensor losses = bench.floats(rows.length);
                  operations.logits(
                      logits, bench.floats(rowsOf(xs, rows), rows.length, width), head);
                  operations.crossEntropy(losses, logits, bench.ints(rows));
                  return sideBySide(rows.length, bench.read(logits), bench.read(losses));
                });
          });
    }
  }

  /**
   * Positions of some sequences, each row stored and attended to, with the same numbers wherever
   * and whenever that is: alone, in chunks of any size among those of others, in caches of other
   * capacities.
   */
  @ParameterizedTest
  @FieldSource("CACHE_TYPES")
  void attention(WeightFormat type) {
    int sequences = 3;
    int length = 150;
    int heads = 2;
    for (int headSize : new int[] {16, 20, 72}) {
      int width = heads * headSize;
      float[] qkvs = Numbers.random(headSize, sequences * length * 3 * width, 1.5);
      float[][] alone = new float[sequences * length][];
      for (int sequence = 0; sequence < sequences; sequence++) {
        int first = sequence * length;
        onBackend(
            bench -> {
              KvCache cache = bench.cache(new KvCacheSpec(1, heads, headSize, 1, length, type));
              for (int position = 0; position < length; position++) {
                List<Rows.Row> row = Rows.listOfSlot(0, position, 1);
                alone[first + position] =
                    attended(bench, cache, row, rows(qkvs, List.of(first + position), 3 * width));
              }
            });
      }
      for (int seed = 0; seed < 4; seed++) {
        SplittableRandom random = new SplittableRandom(seed);
        int largest = 1 << (2 * seed + 1);
        KvCacheSpec spec =
            new KvCacheSpec(1, heads, headSize, sequences, length + 100 * seed, type);
        onBackend(
            bench -> {
              KvCache cache = bench.cache(spec);
              poison(bench, cache);
              int[] lengths = new int[sequences];
              while (Arrays.stream(lengths).min().orElseThrow() < length) {
                List<Rows.Row> rows = new ArrayList<>();
                List<Integer> numbers = new ArrayList<>();
                for (int slot = 0; slot < sequences; slot++) {
                  int room = Math.min(largest, length - lengths[slot]);
                  int chunk = random.nextInt(room + 1);
                  rows.addAll(Rows.listOfSlot(slot, lengths[slot], chunk));
                  for (int i = 0; i < chunk; i++) {
                    numbers.add(slot * length + lengths[slot]++);
                  }
                }
                if (rows.isEmpty()) {
                  continue;
                }
                float[] results = attended(bench, cache, rows, rows(qkvs, numbers, 3 * width));
                for (int i = 0; i < numbers.size(); i++) {
                  String where = "%s, row %d of %d".formatted(rows.get(i), i, numbers.size());
                  assertSame(spec + ", " + where, alone[numbers.get(i)], results, i);
                }
              }
            });
      }
    }
  }

  private static float[] rows(float[] matrix, List<Integer> numbers, int width) {
    float[] some = new float[numbers.size() * width];
    for (int i = 0; i < numbers.size(); i++) {
      System.arraycopy(matrix, numbers.get(i) * width, some, i * width, width);
    }
    return some;
  }

  private static float[] attended(
      Workbench bench, KvCache cache, List<Rows.Row> rows, float[] values) {
    int width = cache.spec().width();
    var batch = bench.batch(Rows.of(rows));
    Tensor qkv = bench.floats(values, rows.size(), 3 * width);
    Tensor out = bench.floats(rows.size(), width);
    bench.operations().appendKv(cache, 0, qkv, batch);
    bench.operations().attention(out, qkv, cache, 0, batch, 0.2f, AttentionProbe.NONE);
    return bench.read(out);
  }

  /** A row of NaN is nobody else's business, not even that of the position before. */
  @Test
  void aRowOfNaNChangesNoOther() {
    KvCacheSpec spec = new KvCacheSpec(1, 2, 20, 1, 40, WeightFormat.F32);
    int width = 3 * spec.width();
    float[] values = Numbers.random(10, spec.capacity() * width, 1);
    int spoilt = 29;
    Arrays.fill(values, spoilt * width, (spoilt + 1) * width, Float.NaN);
    onBackend(
        bench -> {
          List<Rows.Row> all = Rows.listOfSlot(0, 0, spoilt + 3);
          float[] together =
              attended(bench, bench.cache(spec), all, Arrays.copyOf(values, all.size() * width));
          KvCache cache = bench.cache(spec);
          for (int position = 0; position < spoilt; position++) {
            float[] own = Arrays.copyOfRange(values, position * width, (position + 1) * width);
            float[] alone = attended(bench, cache, List.of(all.get(position)), own);
            assertSame("position " + position, alone, together, position);
          }
        });
  }

  /** Whole blocks, in whatever order sequences grow, are forked, and are rolled back. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5})
  void schedules(int seed) {
    WeightFormat precision = supported(WeightFormat.values()[seed % WeightFormat.values().length]);
    WeightFormat asked = CACHE_TYPES.get(seed / 2 % CACHE_TYPES.size());
    WeightFormat type = supports(asked) ? asked : WeightFormat.F32;
    int slots = 4;
    int length = 100;
    SplittableRandom random = new SplittableRandom(seed);
    int[][] texts = new int[slots][length];
    float[][][] alone = new float[slots][length][];
    for (int text = 0; text < slots; text++) {
      int number = text;
      onBackend(
          bench -> {
            TinyModel model = new TinyModel(bench, precision, type, 1, length);
            for (int position = 0; position < length; position++) {
              texts[number][position] = random.nextInt(TinyModel.VOCABULARY);
              Rows.Row row = new Rows.Row(texts[number][position], position, 0);
              alone[number][position] = model.logits(Rows.of(List.of(row)));
            }
          });
    }
    onBackend(
        bench -> {
          TinyModel model = new TinyModel(bench, precision, type, slots, TinyModel.CONTEXT);
          int[] text = IntStream.range(0, slots).toArray();
          int[] lengths = new int[slots];
          for (int step = 0; step < 20; step++) {
            change(model, random, text, lengths);
            List<Rows.Row> rows = new ArrayList<>();
            int largest = 1 << random.nextInt(6);
            for (int slot = 0; slot < slots; slot++) {
              int chunk = random.nextInt(Math.min(largest, length - lengths[slot]) + 1);
              for (int i = 0; i < chunk; i++, lengths[slot]++) {
                rows.add(new Rows.Row(texts[text[slot]][lengths[slot]], lengths[slot], slot));
              }
            }
            float[] logits = rows.isEmpty() ? new float[0] : model.logits(Rows.of(rows));
            for (int i = 0; i < rows.size(); i++) {
              Rows.Row row = rows.get(i);
              String where = "step %d, %s, %d rows".formatted(step, row, rows.size());
              assertSame(where, alone[text[row.slot()]][row.position()], logits, i);
            }
          }
        });
  }

  /** Sometimes a slot becomes a copy of another, or loses some of its end. */
  private static void change(TinyModel model, SplittableRandom random, int[] text, int[] lengths) {
    int slot = random.nextInt(text.length);
    switch (random.nextInt(4)) {
      case 0 -> lengths[slot] = random.nextInt(lengths[slot] + 1);
      case 1 -> {
        int from = random.nextInt(text.length);
        if (from != slot) {
          int positions = random.nextInt(lengths[from] + 1);
          model.copy(slot, from, positions);
          text[slot] = text[from];
          lengths[slot] = positions;
        }
      }
      default -> {}
    }
  }
}
