package gpt2j.bench.visualize;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A folder that appears when everything in it is complete, or not at all. */
final class NewFolder implements AutoCloseable {
  private final Path target;
  private final Path partial;

  /**
   * Begins one.
   *
   * @param target where it will be: nothing yet, or an empty folder
   * @throws IOException when it is in use or can't be written
   */
  NewFolder(Path target) throws IOException {
    this.target = target.toAbsolutePath();
    requireUnused(this.target);
    Path parent = Files.createDirectories(this.target.getParent());
    partial = Files.createTempDirectory(parent, "." + this.target.getFileName() + ".partial");
  }

  /** Throws unless there is nothing, or an empty folder. */
  static void requireUnused(Path target) throws IOException {
    if (Files.isDirectory(target)) {
      try (Stream<Path> files = Files.list(target)) {
        if (files.findAny().isPresent()) {
          throw new IOException("isn't empty");
        }
      }
    } else if (Files.exists(target)) {
      throw new IOException("is a file");
    }
  }

  /** Where to write meanwhile. */
  Path path() {
    return partial;
  }

  /** Gives it its name; returns the same files under that. */
  List<Path> commit(List<Path> files) throws IOException {
    Files.setPosixFilePermissions(
        partial, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.deleteIfExists(target); // an empty folder
    Files.move(partial, target);
    return files.stream().map(file -> target.resolve(partial.relativize(file))).toList();
  }

  /** Removes what was not committed. */
  @Override
  public void close() throws IOException {
    if (Files.exists(partial)) {
      try (Stream<Path> files = Files.walk(partial)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
