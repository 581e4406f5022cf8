package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.EmbeddingTable;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link gpt2j.api.Operations#logits} and {@link gpt2j.api.Operations#selectRows}. */
abstract class LogitsContract extends Contract {
  LogitsContract(BackendContract subject) {
    super(subject);
  }

  @ParameterizedTest
  @EnumSource
  void smallVocabularies(WeightFormat format) {
    int[][] sizes = {
      {1, 1}, {2, 3}, {7, 1}, {1, 7}, {16, 16}, {17, 33}, {64, 64}, {65, 63}, {257, 48}, {100, 100}
    };
    for (int[] size : sizes) {
      check(size[0], size[1], format, ROWS);
    }
  }

  @ParameterizedTest
  @CsvSource({"50257, 48", "1000, 768", "1003, 1600", "100, 3072"})
  void largeVocabularies(int vocabulary, int width) {
    for (WeightFormat format : WeightFormat.values()) {
      if (backend().supports(format)) {
        check(vocabulary, width, format, 1, 2, 5, 17);
      }
    }
  }

  @Test
  void theVocabularyOfGpt2() {
    check(50_257, 768, WeightFormat.F32, 1, 3);
  }

  private void check(int vocabulary, int width, WeightFormat format, int... counts) {
    float[] head = Numbers.random(1, vocabulary * width, 1 / Math.sqrt(width));
    compare(
        bench -> {
          EmbeddingTable table = bench.table(Numbers.host(head, vocabulary, width), format);
          for (int m : counts) {
            Tensor x = bench.floats(Numbers.random(m, m * width, 1), m, width);
            Tensor out = bench.floats(m, vocabulary);
            bench.operations().logits(out, x, table);
            bench.show(
                "%s [%d, %d]·[%d, %d]ᵀ".formatted(format, m, width, vocabulary, width),
                out,
                subject().tolerance(format));
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void hostTensorsOfAnyTypeInAnyMemory(WeightFormat format) {
    compare(
        bench -> {
          for (DataType type : new DataType[] {DataType.F32, DataType.F16, DataType.BF16}) {
            for (HostMemory memory : HostMemory.values()) {
              MemorySegment data = memory.allocate(type, 33 * 47);
              float[] values = Numbers.random(2, 33 * 47, 0.2);
              EmbeddingTable table = bench.table(Numbers.host(type, values, data, 33, 47), format);
              data.fill((byte) 0x7F);
              Tensor out = bench.floats(2, 33);
              Tensor x = bench.floats(Numbers.random(3, 2 * 47, 1), 2, 47);
              bench.operations().logits(out, x, table);
              String label = "%s in %s kept as %s".formatted(type, memory, format);
              bench.show(label, out, subject().tolerance(format));
            }
          }
        });
  }

  /** A token whose vector has a NaN has that logit, and no other has. */
  @ParameterizedTest
  @EnumSource
  void aVectorWithNaNSpoilsItsLogit(WeightFormat format) {
    compare(
        bench -> {
          float[] head = Numbers.random(5, 140 * 80, 0.1);
          for (int token : new int[] {0, 3, 70, 139}) {
            head[token * 80 + token * 7 % 80] = Float.NaN;
          }
          EmbeddingTable table = bench.table(Numbers.host(head, 140, 80), format);
          for (int m : new int[] {1, 2, 5, 9, 33}) {
            Tensor out = bench.floats(m, 140);
            Tensor x = bench.floats(Numbers.random(m, m * 80, 1), m, 80);
            bench.operations().logits(out, x, table);
            bench.show(m + " rows, " + format, out, subject().tolerance(format));
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void tablesDescribeThemselves(WeightFormat format) {
    onBackend(
        bench -> {
          EmbeddingTable table = bench.table(Numbers.host(new float[700 * 512], 700, 512), format);
          assertEquals(700, table.rows());
          assertEquals(512, table.width());
          long stored = format.bytes(700, 512);
          assertTrue(table.bytes() >= stored, table.bytes() + " bytes, stored " + stored);
          assertTrue(table.bytes() <= stored * 1.1, table.bytes() + " bytes, stored " + stored);
        });
  }

  @ParameterizedTest
  @EnumSource
  void logitsAreDeterministic(WeightFormat format) {
    repeat(
        bench -> {
          float[] head = Numbers.random(4, 1000 * 768, 0.04);
          EmbeddingTable table = bench.table(Numbers.host(head, 1000, 768), format);
          for (int m : SOME_ROWS) {
            Tensor x = bench.floats(Numbers.random(m, m * 768, 1), m, 768);
            Tensor out = bench.floats(m, 1000);
            bench.operations().logits(out, x, table);
            bench.show(m + " rows", out, 0);
          }
        });
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "5, 1, 9", "5, 3, 3", "17, 65, 33", "100, 768, 7", "64, 1600, 100"})
  void selectsRows(int n, int width, int m) {
    compare(
        bench -> {
          int[] wanted = new int[m];
          Arrays.setAll(wanted, i -> (i * 7 + n - 1) % n); // the last, some twice
          Tensor x = bench.floats(Numbers.random(5, n * width, 1), n, width);
          Tensor out = bench.floats(m, width);
          bench.operations().selectRows(out, x, bench.ints(wanted));
          bench.show("rows", out, 0);
        });
  }

  /** What the rows that don't exist become is undefined, but the others are as ever. */
  @Test
  void selectingRowsThatDoNotExist() {
    compare(
        bench -> {
          int[] wanted = {0, -1, 8, 9, 1, Integer.MAX_VALUE, 2, Integer.MIN_VALUE, 3, 1 << 20};
          Tensor x = bench.floats(Numbers.random(6, 9 * 48, 1), 9, 48);
          Tensor out = bench.floats(wanted.length, 48);
          bench.operations().selectRows(out, x, bench.ints(wanted));
          for (int row = 0; row < wanted.length; row += 2) {
            bench.show("row " + row, out.rows(row, 1), 0);
          }
        });
  }
}
