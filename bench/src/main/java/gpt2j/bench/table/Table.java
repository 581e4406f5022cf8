package gpt2j.bench.table;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/** Rows under named columns, and notes on them. */
public final class Table {
  /** How a table is written. */
  public enum Format {
    /** A Markdown table, for people. */
    MD,
    /** Comma-separated values (RFC 4180) with a line of column names, for spreadsheets. */
    CSV,
    /** A list of objects, for programs. */
    JSON
  }

  private static final JsonMapper MAPPER = new JsonMapper();

  private final List<String> columns;
  private final List<List<Cell>> rows = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  /** A table without rows. */
  public Table(String... columns) {
    this.columns = List.of(columns);
  }

  /** Adds a row with a cell for each column. */
  public void add(Cell... cells) {
    if (cells.length != columns.size()) {
      throw new IllegalArgumentException(
          "%d cells for %d columns".formatted(cells.length, columns.size()));
    }
    rows.add(List.of(cells));
  }

  /** Adds what readers should know, in one line. */
  public void note(String line) {
    notes.add(line);
  }

  /** The notes. */
  public List<String> notes() {
    return List.copyOf(notes);
  }

  /** The names of the columns. */
  public List<String> columns() {
    return columns;
  }

  /** The rows. */
  public List<List<Cell>> rows() {
    return List.copyOf(rows);
  }

  /** The table as text that ends with a line break; only Markdown has the notes. */
  public String format(Format format) {
    return switch (format) {
      case MD -> markdown();
      case CSV -> csv();
      case JSON -> json();
    };
  }

  private String markdown() {
    List<Integer> widths = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      int width = Math.max(3, columns.get(i).length());
      for (List<Cell> row : rows) {
        width = Math.max(width, row.get(i).text().replace("|", "\\|").length());
      }
      widths.add(width);
    }
    StringBuilder text = new StringBuilder();
    appendLine(text, columns, widths);
    for (int i = 0; i < columns.size(); i++) {
      String dashes = "-".repeat(widths.get(i));
      text.append("| ").append(isNumeric(i) ? dashes.substring(1) + ":" : dashes).append(' ');
    }
    text.append("|\n");
    rows.forEach(row -> appendLine(text, row.stream().map(Cell::text).toList(), widths));
    notes.forEach(note -> text.append('\n').append(note).append('\n'));
    return text.toString();
  }

  private void appendLine(StringBuilder text, List<String> cells, List<Integer> widths) {
    for (int i = 0; i < cells.size(); i++) {
      String cell = cells.get(i).replace("|", "\\|");
      String padding = " ".repeat(widths.get(i) - cell.length());
      text.append("| ").append(isNumeric(i) ? padding + cell : cell + padding).append(' ');
    }
    text.append("|\n");
  }

  private boolean isNumeric(int column) {
    return rows.stream().anyMatch(row -> row.get(column) instanceof Cell.Number);
  }

  private String csv() {
    Stream<List<String>> lines =
        Stream.concat(
            Stream.of(columns), rows.stream().map(row -> row.stream().map(Table::raw).toList()));
    return lines
        .map(line -> line.stream().map(Table::quote).collect(Collectors.joining(",")) + "\n")
        .collect(Collectors.joining());
  }

  private static String raw(Cell cell) {
    return switch (cell) {
      case Cell.Number number -> plain(number.value());
      case Cell.Word(String word) -> word;
      case Cell.Empty _, Cell.Unknown _ -> "";
    };
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  private static String quote(String field) {
    return field.matches("(?s).*[\",\r\n].*") ? '"' + field.replace("\"", "\"\"") + '"' : field;
  }

  private String json() {
    List<Map<String, Object>> objects = new ArrayList<>();
    for (List<Cell> row : rows) {
      Map<String, Object> object = new LinkedHashMap<>();
      for (int i = 0; i < columns.size(); i++) {
        switch (row.get(i)) {
          case Cell.Number number ->
              object.put(
                  columns.get(i),
                  number.digits() == 0 && number.value() == Math.rint(number.value())
                      ? (Object) (long) number.value()
                      : number.value());
          case Cell.Word(String word) -> object.put(columns.get(i), word);
          case Cell.Empty _, Cell.Unknown _ -> {}
        }
      }
      objects.add(object);
    }
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(objects) + "\n";
  }
}
