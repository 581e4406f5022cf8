package gpt2j.cuda.emulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
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
      return compiler().build(Sources.ofModule());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Compiler compiler() {
    Path cache = Path.of(System.getProperty("gpt2j.emulator.cache", "target/emulator"));
    return new Compiler(cache.toAbsolutePath(), Boolean.getBoolean("gpt2j.emulator.sanitize"));
  }
}
