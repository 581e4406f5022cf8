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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class TableTest {
  private static Table table() {
    Table table = new Table("name", "t/s");
    table.add(Cell.of("a|b, \"c\""), Cell.within(12.345, 11.9, 12.8));
    table.add(Cell.of("d"), Cell.of(Double.NaN));
    return table;
  }

  @Test
  void markdownIsAlignedAndEscaped() {
    assertEquals(
        """
        | name      |              t/s |
        | --------- | ---------------: |
        | a\\|b, "c" | 12.3 (11.9–12.8) |
        | d         |                  |
        """,
        table().format(Table.Format.MD));
  }

  @Test
  void aStepsFloorIsTheTimeToReadTheWeights() {
    // All parameters but 1024 positions of width 768, at 40 GB/s, in steps of 20 ms.
    double share = 100.0 * ((124_439_808 - 1024 * 768) * 4.0) / 4e10 * 1e9 / 20e6;
    List<String> lines =
        Tables.format(SampleResults.baselines(), Table.Format.CSV).lines().toList();
    String row = lines.stream().filter(line -> line.contains("tg128")).findFirst().orElseThrow();
    assertTrue(row.contains(",20," + share + ",1,"), row); // ms/step, of the floor, rounds
  }

  @Test
  void csvHasNumbersInFull() {
    assertEquals("name,t/s\n\"a|b, \"\"c\"\"\",12.345\nd,\n", table().format(Table.Format.CSV));
  }

  @Test
  void jsonIsAListOfObjects() {
    JsonNode json = new JsonMapper().readTree(table().format(Table.Format.JSON));
    assertEquals(2, json.size());
    assertEquals("a|b, \"c\"", json.get(0).get("name").asString());
    assertEquals(12.345, json.get(0).get("t/s").asDouble());
    assertFalse(json.get(1).has("t/s"));
  }

  @ParameterizedTest
  @CsvSource({
    "1305.4, 1305",
    "920.37, 920",
    "58.42, 58.4",
    "6.824, 6.82",
    "0.6871, 0.687",
    "0.00391, 0.00391",
    "0.000001, 0.00000",
    "0, 0",
    "-3.999, -4.00"
  })
  void peopleSeeTheDigitsThatCount(double value, String text) {
    assertEquals(text, Cell.of(value).text());
  }

  @Test
  void aSpreadThatNobodyKnowsIsADash() {
    assertEquals("3.82 (–)", Cell.within(3.82, Double.NaN, Double.NaN).text());
    for (BenchmarkResult result : SampleResults.all()) {
      BenchmarkResult once = SampleResults.once(result);
      for (List<Cell> row : Tables.of(once).rows()) {
        for (Cell cell : row) {
          String text = cell.text();
          assertFalse(text.contains("± 0") || text.matches(".*\\((.+)–\\1\\)"), text);
        }
      }
    }
    String table =
        Tables.format(SampleResults.once(SampleResults.all().getFirst()), Table.Format.MD);
    assertTrue(table.contains("(–)"), table);
    BenchmarkResult trace = SampleResults.once(SampleResults.all().get(1));
    String md = Tables.format(trace, Table.Format.MD);
    assertTrue(md.lines().toList().get(2).matches(".*\\| *– *\\| *– *\\|"), md);
    String csv = Tables.format(trace, Table.Format.CSV);
    assertTrue(csv.lines().toList().get(1).endsWith(",,"), csv);
  }

  /** Every column of numbers says of what: a unit, or what is counted. */
  @ParameterizedTest
  @MethodSource("results")
  void everyColumnOfNumbersHasAUnit(BenchmarkResult result) {
    Table table = Tables.of(result);
    for (int i = 0; i < table.columns().size(); i++) {
      int column = i;
      boolean numbers =
          table.rows().stream().anyMatch(row -> row.get(column) instanceof Cell.Number);
      String name = table.columns().get(i);
      assertTrue(
          !numbers
              || name.matches(
                  ".*\\b(ms|MiB|MB|M|MFLOP|FLOP/B|GB/s|GFLOP/s|tokens/s|tokens|threads|rows|rounds"
                      + "|batch|token|cores|ms/step)"
                      + "|.*[%×].*"
                      + "|[AB]: .*"), // the next column tells
          name);
    }
  }

  @Test
  void tablesSayWhatTheMachineWasLike() {
    for (BenchmarkResult result : SampleResults.all()) {
      String text = Tables.format(result, Table.Format.MD);
      assertTrue(text.contains("Others kept more than 0.1 cores busy in "), text);
      assertEquals(1, Tables.warnings(result).size(), text);
    }
    String text = Tables.format(SampleResults.all().getFirst(), Table.Format.MD);
    assertTrue(text.contains("in 1 of 2 repetitions, up to 0.3 during gpt2 pp32+tg4:"), text);
    assertTrue(text.contains("read at 31.0 to 33.0 GB/s"), text);
    assertTrue(text.contains("others' cores") && text.contains(" 0.30 |"), text);
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
    String markdown = Tables.format(result, Table.Format.MD);
    List<String> lines = markdown.lines().toList();
    assertTrue(lines.size() > 2, markdown);
    long bars = count(lines.getFirst());
    List<String> rows = lines.stream().takeWhile(line -> !line.isEmpty()).toList();
    assertTrue(rows.stream().allMatch(line -> count(line) == bars), markdown);
    assertEquals(Tables.of(result).notes().size() * 2, lines.size() - rows.size());
    assertTrue(new JsonMapper().readTree(Tables.format(result, Table.Format.JSON)).isArray());
  }

  private static long count(String line) {
    return line.replace("\\|", "").chars().filter(c -> c == '|').count();
  }
}
