package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Packages are rooms: of a size that can be looked over, and with doors that lead one way. */
class RoomsTest {
  private static final int MOST_FILES = 30;

  /** Packages outside tests that only tests and benchmarks of single operations need. */
  private static final Set<String> FOR_TESTS =
      Set.of("gpt2j.backend.plain", "gpt2j.bench.jmh", "gpt2j.cuda.emulator", "gpt2j.integration");

  private static final Pattern LISTED =
      Pattern.compile("^\\| `(gpt2j[a-z0-9_.]*)` \\|", Pattern.MULTILINE);

  private static final Pattern IMPORT =
      Pattern.compile("^import (?:static )?(gpt2j[a-z0-9_.]*)\\.[A-Z]", Pattern.MULTILINE);

  /** What would hide from {@link #IMPORT} which package is needed. */
  private static final Pattern HIDDEN_IMPORT =
      Pattern.compile("^import (?:module |.*\\*;)", Pattern.MULTILINE);

  /** Files of each package, but for those that are for tests. */
  private static Map<String, List<Path>> packages() throws IOException {
    Map<String, List<Path>> packages = new TreeMap<>();
    try (Stream<Path> all = Files.walk(Path.of(".."))) {
      for (Path file : all.filter(path -> path.toString().endsWith(".java")).toList()) {
        String[] parts = file.toString().split("/src/main/java/");
        if (parts.length == 2 && !parts[0].contains("testkit") && parts[1].contains("/")) {
          String name = parts[1].substring(0, parts[1].lastIndexOf('/')).replace('/', '.');
          packages.computeIfAbsent(name, _ -> new ArrayList<>()).add(file);
        }
      }
    }
    return packages;
  }

  @Test
  void noPackageIsAHall() throws IOException {
    Map<String, List<Path>> packages = packages();
    assertTrue(packages.size() > 60, packages.keySet().toString());
    packages.forEach(
        (name, files) ->
            assertTrue(files.size() <= MOST_FILES, () -> name + " has " + files.size() + " files"));
  }

  @Test
  void everyPackageIsOnTheListOfRooms() throws IOException {
    Set<String> listed =
        LISTED
            .matcher(Files.readString(Path.of("../docs/architecture.md")))
            .results()
            .map(match -> match.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> packages = new TreeSet<>(packages().keySet());
    packages.removeAll(FOR_TESTS);
    assertEquals(packages, listed);
  }

  @Test
  void packagesDoNotNeedEachOtherInACircle() throws IOException {
    Map<String, Set<String>> needed = new TreeMap<>();
    for (Map.Entry<String, List<Path>> each : packages().entrySet()) {
      Set<String> names = new TreeSet<>();
      for (Path file : each.getValue()) {
        String source = Files.readString(file);
        assertFalse(
            !FOR_TESTS.contains(each.getKey()) && HIDDEN_IMPORT.matcher(source).find(),
            () -> file + " imports without names");
        IMPORT.matcher(source).results().map(match -> match.group(1)).forEach(names::add);
      }
      names.remove(each.getKey());
      needed.put(each.getKey(), names);
    }
    assertTrue(needed.get("gpt2j.model.gpt2").contains("gpt2j.api"), needed.toString());
    // What needs nothing that is left can be taken away, until nothing is left but circles.
    while (needed
        .entrySet()
        .removeIf(each -> needed.keySet().stream().noneMatch(each.getValue()::contains))) {}
    assertEquals(Map.of(), needed);
  }
}
