package gpt2j.bench.peers;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** A temporary folder, with what other programs run in it. */
final class Scripts implements AutoCloseable {
  private final Path folder;

  /** Copies resources of this package into a new folder. */
  Scripts(List<String> names) throws IOException {
    folder = Files.createTempDirectory("gpt2j-peers-");
    for (String name : names) {
      try (InputStream in = Objects.requireNonNull(Scripts.class.getResourceAsStream(name), name)) {
        Files.copy(in, folder.resolve(name));
      }
    }
  }

  /** A file in the folder. */
  Path file(String name) {
    return folder.resolve(name);
  }

  /** Removes the folder. */
  @Override
  public void close() {
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      // A temporary folder that stays is the system's to remove.
    }
  }
}
