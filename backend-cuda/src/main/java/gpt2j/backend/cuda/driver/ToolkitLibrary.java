package gpt2j.backend.cuda.driver;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds libraries that come with CUDA's toolkit, which the system often doesn't know of. */
public final class ToolkitLibrary {
  private ToolkitLibrary() {}

  /**
   * Opens a library for good; one that is open is found by its name afterwards, wherever it lies.
   *
   * @return its functions; empty where there is none that can be opened
   */
  public static Optional<SymbolLookup> open(String name) {
    List<String> candidates = new ArrayList<>(List.of(name));
    folders().forEach(folder -> candidates.add(folder.resolve(name).toString()));
    for (String candidate : candidates) {
      boolean isPath = candidate.startsWith("/");
      if (isPath && !Files.isReadable(Path.of(candidate))) {
        continue;
      }
      try {
        return Optional.of(
            isPath
                ? SymbolLookup.libraryLookup(Path.of(candidate), Arena.global())
                : SymbolLookup.libraryLookup(candidate, Arena.global()));
      } catch (IllegalArgumentException e) {
        // Not there, or not one that can be opened: the next one may be.
      }
    }
    return Optional.empty();
  }

  /** Where installations of CUDA put their libraries. */
  private static List<Path> folders() {
    List<Path> roots = new ArrayList<>();
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      String value = System.getenv(variable);
      if (value != null && !value.isEmpty()) {
        roots.add(Path.of(value));
      }
    }
    roots.add(Path.of("/usr/local/cuda"));
    try (Stream<Path> entries = Files.list(Path.of("/usr/local"))) {
      entries
          .filter(entry -> entry.getFileName().toString().startsWith("cuda-"))
          .forEach(roots::add);
    } catch (IOException e) {
      // There is no such folder.
    }
    return roots.stream()
        .flatMap(root -> Stream.of(root.resolve("lib64"), root.resolve("targets/x86_64-linux/lib")))
        .toList();
  }
}
