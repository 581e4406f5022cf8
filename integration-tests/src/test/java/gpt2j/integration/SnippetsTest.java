package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What pages show in Java is Java, of this version. */
class SnippetsTest {
  private static final Path ROOT = Path.of("..");

  @TempDir private Path directory;

  static List<Snippet> snippets() throws IOException {
    List<Snippet> all = new ArrayList<>();
    for (Path folder : List.of(ROOT, ROOT.resolve("docs"))) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path page : files.filter(file -> file.toString().endsWith(".md")).sorted().toList()) {
          all.addAll(Snippet.of(page));
        }
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("snippets")
  void compiles(Snippet snippet) {
    List<String> mistakes = snippet.mistakes(directory);
    assertTrue(mistakes.isEmpty(), () -> String.join("\n", mistakes));
  }

  @Test
  void snippetsAreFound() throws IOException {
    Set<Path> pages = snippets().stream().map(Snippet::page).collect(Collectors.toSet());
    assertTrue(
        pages.containsAll(Set.of(ROOT.resolve("README.md"), ROOT.resolve("docs/embedding.md"))),
        pages.toString());
  }

  @Test
  void aMistakeIsNamedByItsLine() throws IOException {
    Path page =
        Files.writeString(
            directory.resolve("page.md"),
            """
            Two lines of text,
            and then:

            ```java
            int one = 1;
            ```

            ```java
            try (Session session = model.session()) {
              session.forward(0);
            }
            ```
            """);
    List<Snippet> snippets = Snippet.of(page);
    assertEquals(2, snippets.size());
    assertEquals(List.of(), snippets.getFirst().mistakes(directory));
    List<String> mistakes = snippets.getLast().mistakes(directory);
    assertEquals(1, mistakes.size(), mistakes.toString());
    assertTrue(
        mistakes.getFirst().startsWith(page + ":10: cannot find symbol"), mistakes.toString());
  }
}
