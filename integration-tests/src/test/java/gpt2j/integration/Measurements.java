package gpt2j.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** How far off each golden's results are: a table for people to read beside the pass or fail. */
final class Measurements {
  private final Set<String> columns = new TreeSet<>();
  private final Map<String, Map<String, Double>> rows = new TreeMap<>();

  /** Notes a difference; of several the largest counts. */
  void add(Object golden, String column, double difference) {
    columns.add(column);
    rows.computeIfAbsent(golden.toString(), ignored -> new TreeMap<>())
        .merge(column, difference, Math::max);
  }

  /** Writes a Markdown table. */
  void write(Path file) {
    StringBuilder table = new StringBuilder("| golden |");
    columns.forEach(column -> table.append(' ').append(column).append(" |"));
    table.append("\n|---").append("|---".repeat(columns.size())).append("|\n");
    rows.forEach(
        (golden, differences) ->
            table.append(
                columns.stream()
                    .map(column -> differences.get(column))
                    .map(value -> value == null ? "" : String.format(Locale.ROOT, "%.1e", value))
                    .collect(Collectors.joining(" | ", "| " + golden + " | ", " |\n"))));
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, table);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
