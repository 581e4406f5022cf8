package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Checkpoints to run, and such as can't be. */
final class Checkpoints {
  private Checkpoints() {}

  /** A tiny model with GPT-2's vocabulary and a context of 32 tokens, made by {@code init}. */
  static Path tiny(Path directory) {
    return init(directory, "--n-layer", "2", "--n-head", "2", "--n-embd", "16", "--n-ctx", "32");
  }

  /** What {@code init} makes. */
  static Path init(Path directory, String... options) {
    String[] command = {"init", "--seed", "5", "--out", directory.toString()};
    String[] arguments = Stream.of(command, options).flatMap(Stream::of).toArray(String[]::new);
    CliRun.Result result = CliRun.cli(arguments);
    assertEquals(0, result.exitCode(), result.err());
    return directory;
  }

  /** A copy to spoil. */
  static Path copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
    return to;
  }

  /** A copy of a directory's files without those below it. */
  static void copyFiles(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  /** Changes a checkpoint's configuration. */
  static void configure(Path directory, String from, String to) throws IOException {
    Path config = directory.resolve("config.json");
    String text = Files.readString(config);
    String changed = text.replace(from, to);
    if (changed.equals(text)) {
      throw new IllegalArgumentException("config.json has no " + from);
    }
    Files.writeString(config, changed);
  }
}
