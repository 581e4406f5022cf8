package gpt2j.bench.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.SampleResults;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class TableTest {
  private static Table table() {
    Table table = new Table("name", "t/s");
    table.add(Cell.of("a|b, \"c\""), Cell.plusMinus(12.345, 0.5, 2));
    table.add(Cell.of("d"), Cell.of(Double.NaN, 2));
    return table;
  }

  @Test
  void markdownIsAlignedAndEscaped() {
    assertEquals(
        """
        | name      |          t/s |
        | --------- | -----------: |
        | a\\|b, "c" | 12.35 ± 0.50 |
        | d         |              |
        """,
        table().format(TableFormat.MD));
  }

  @Test
  void aStepsFloorIsTheTimeToReadTheWeights() {
    // All parameters but 1024 positions of width 768, at 40 GB/s, in steps of 20 ms.
    double share = (124_439_808 - 1024 * 768) * 4 / 4e10 / 20e-3;
    List<String> lines = Tables.format(SampleResults.peers(), TableFormat.CSV).lines().toList();
    String row = lines.stream().filter(line -> line.contains("tg128")).findFirst().orElseThrow();
    assertTrue(row.contains(",20," + share + ",1,"), row); // ms/step, of the floor, rounds
  }

  @Test
  void csvHasNumbersInFull() {
    assertEquals("name,t/s\n\"a|b, \"\"c\"\"\",12.345\nd,\n", table().format(TableFormat.CSV));
  }

  @Test
  void jsonIsAListOfObjects() {
    JsonNode json = new JsonMapper().readTree(table().format(TableFormat.JSON));
    assertEquals(2, json.size());
    assertEquals("a|b, \"c\"", json.get(0).get("name").asString());
    assertEquals(12.345, json.get(0).get("t/s").asDouble());
    assertFalse(json.get(1).has("t/s"));
  }

  @Test
  void aRowHasACellForEachColumn() {
    assertThrows(IllegalArgumentException.class, () -> table().add(Cell.of("alone")));
  }

  static List<BenchmarkResult> results() {
    return SampleResults.all();
  }

  @ParameterizedTest
  @MethodSource("results")
  void everyResultHasATable(BenchmarkResult result) {
    String markdown = Tables.format(result, TableFormat.MD);
    List<String> lines = markdown.lines().toList();
    assertTrue(lines.size() > 2, markdown);
    long bars = count(lines.getFirst());
    assertTrue(lines.stream().allMatch(line -> count(line) == bars), markdown);
    assertTrue(new JsonMapper().readTree(Tables.format(result, TableFormat.JSON)).isArray());
  }

  private static long count(String line) {
    return line.replace("\\|", "").chars().filter(c -> c == '|').count();
  }
}
