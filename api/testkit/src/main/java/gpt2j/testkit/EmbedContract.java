package gpt2j.testkit;

import gpt2j.api.EmbeddingTable;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link gpt2j.api.Operations#embed}; one addition, so the result is exact. */
abstract class EmbedContract extends Contract {
  private static final double EXACT = 0;

  EmbedContract(BackendContract subject) {
    super(subject);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "2, 1, 3",
    "5, 3, 7",
    "257, 64, 16",
    "257, 64, 17",
    "100, 33, 48",
    "64, 100, 63",
    "65, 9, 65",
    "1000, 100, 100",
    "300, 1024, 768",
    "50, 50, 1600"
  })
  void sumsTheVectors(int vocabulary, int context, int width) {
    for (WeightFormat format : WeightFormat.values()) {
      if (backend().supports(format)) {
        sumsTheVectors(vocabulary, context, width, format);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void sumsTheVectorsOfEveryPrecision(WeightFormat format) {
    sumsTheVectors(257, 65, 50, format);
  }

  private void sumsTheVectors(int vocabulary, int context, int width, WeightFormat format) {
    compare(
        bench -> {
          EmbeddingTable wte = table(bench, vocabulary, width, format);
          EmbeddingTable wpe = table(bench, context, width, format);
          for (int n : ROWS) {
            embed(bench, n, wte, wpe, format.toString());
          }
          embed(bench, 1000, wte, wpe, format.toString());
        });
  }

  private static void embed(
      Workbench bench, int rows, EmbeddingTable wte, EmbeddingTable wpe, String label) {
    Tensor out = bench.floats(rows, wte.width());
    bench.operations().embed(out, bench.batch(rows(rows, wte.rows(), wpe.rows())), wte, wpe);
    bench.show(label + ", " + rows + " rows", out, EXACT);
  }

  @Test
  void tablesMayDifferInPrecision() {
    compare(
        bench -> {
          EmbeddingTable wte = table(bench, 100, 24, WeightFormat.BF16);
          EmbeddingTable wpe = table(bench, 30, 24, WeightFormat.F32);
          Tensor out = bench.floats(9, 24);
          bench.operations().embed(out, bench.batch(rows(9, 100, 30)), wte, wpe);
          bench.show("sum", out, EXACT);
        });
  }

  /** What the rows that don't exist become is undefined, but the others are as ever. */
  @Test
  void valuesOutsideTheTablesSpoilOnlyTheirRow() {
    compare(
        bench -> {
          EmbeddingTable wte = table(bench, 100, 24, WeightFormat.F32);
          EmbeddingTable wpe = table(bench, 30, 24, WeightFormat.F32);
          int[] wrong = {-1, 100, 101, 1 << 20, Integer.MAX_VALUE, Integer.MIN_VALUE};
          List<Rows.Row> rows = new ArrayList<>();
          for (int value : wrong) {
            rows.add(new Rows.Row(value, 3, 0));
            rows.add(new Rows.Row(99, 29, 0));
            rows.add(new Rows.Row(7, value, 0));
            rows.add(new Rows.Row(0, 0, 0));
          }
          Tensor out = bench.floats(rows.size(), 24);
          bench.operations().embed(out, bench.batch(Rows.of(rows)), wte, wpe);
          for (int row = 1; row < rows.size(); row += 2) {
            bench.show("row " + row, out.rows(row, 1), EXACT);
          }
        });
  }

  private static EmbeddingTable table(Workbench bench, int rows, int width, WeightFormat format) {
    return bench.table(Numbers.host(Numbers.random(rows, rows * width, 1), rows, width), format);
  }

  private static Rows rows(int count, int vocabulary, int context) {
    SplittableRandom random = new SplittableRandom(count);
    List<Rows.Row> rows = new ArrayList<>();
    rows.add(new Rows.Row(vocabulary - 1, context - 1, 0));
    while (rows.size() < count) {
      rows.add(new Rows.Row(random.nextInt(vocabulary), random.nextInt(context), 0));
    }
    return Rows.of(rows);
  }
}
