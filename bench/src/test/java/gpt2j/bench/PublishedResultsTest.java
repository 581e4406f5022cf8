package gpt2j.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.bench.plot.Plot;
import gpt2j.bench.plot.Plots;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.ResultFile;
import gpt2j.bench.table.Table;
import gpt2j.bench.table.Tables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The published tables are what this version makes of the raw samples beside them. With {@code
 * -Dpublish=true} it makes them, and the pictures, anew.
 */
final class PublishedResultsTest {
  private static final Path RESULTS = Path.of("..", "docs", "results");

  static List<Path> published() throws IOException {
    try (Stream<Path> directories = Files.list(RESULTS)) {
      return directories
          .filter(directory -> Files.exists(directory.resolve(ResultFile.NAME)))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("published")
  void tablesFollowFromTheRawSamples(Path directory) throws IOException {
    BenchmarkResult result = ResultFile.read(directory.resolve(ResultFile.NAME));
    if (Boolean.getBoolean("publish")) {
      publish(result, directory);
    }
    for (Table.Format format : List.of(Table.Format.MD, Table.Format.CSV)) {
      Path table = directory.resolve(format == Table.Format.MD ? "table.md" : "table.csv");
      assertEquals(Tables.format(result, format), Files.readString(table), table::toString);
    }
    try (Stream<Path> files = Files.list(directory)) {
      Set<String> pictures =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(".png"))
              .collect(Collectors.toSet());
      assertEquals(
          Plots.of(result).stream().map(plot -> plot.name() + ".png").collect(Collectors.toSet()),
          pictures);
      assertTrue(!pictures.isEmpty());
    }
  }

  private static void publish(BenchmarkResult result, Path directory) throws IOException {
    Files.writeString(directory.resolve("table.md"), Tables.format(result, Table.Format.MD));
    Files.writeString(directory.resolve("table.csv"), Tables.format(result, Table.Format.CSV));
    for (Plot plot : Plots.of(result)) {
      Files.write(directory.resolve(plot.name() + ".png"), plot.png());
    }
  }
}
