package gpt2j.cuda.emulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/** The library of this JVM, from the sources that are this module's resources. */
final class EmulatorBuild {
  private EmulatorBuild() {}

  static Optional<String> unavailable() {
    return System.getProperty("gpt2j.emulator.library") != null
        ? Optional.empty()
        : Compiler.unavailable();
  }

  static Path library() {
    String given = System.getProperty("gpt2j.emulator.library");
    if (given != null) {
      return Path.of(given).toAbsolutePath();
    }
    unavailable()
        .ifPresent(
            reason -> {
              throw new IllegalStateException(reason);
            });
    try {
      Path library = compiler().build(Sources.ofModule());
      if (!sanitize()) {
        link(library);
      }
      return library;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Compiler compiler() {
    return new Compiler(cache(), sanitize());
  }

  private static Path cache() {
    return Path.of(System.getProperty("gpt2j.emulator.cache", "target/emulator")).toAbsolutePath();
  }

  private static boolean sanitize() {
    return Boolean.getBoolean("gpt2j.emulator.sanitize");
  }

  /** Where the newest build can be found without knowing its key: the file is a link. */
  private static Path folder() {
    return cache().resolve("driver");
  }

  private static void link(Path library) throws IOException {
    Files.createDirectories(folder());
    Path link = folder().resolve(library.getFileName());
    if (!Files.exists(link) || !Files.isSameFile(link, library)) {
      Path unfinished = Files.createTempDirectory(cache(), "link-");
      Files.move(
          Files.createSymbolicLink(
              unfinished.resolve(library.getFileName()), folder().relativize(library)),
          link,
          StandardCopyOption.ATOMIC_MOVE);
      Files.delete(unfinished);
    }
  }

  /** Builds the driver, for the command line. */
  public static void main(String[] arguments) {
    library();
  }
}
