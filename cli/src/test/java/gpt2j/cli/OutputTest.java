package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gpt2j.cli.CliRun.Result;
import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Standard output that ends early, fails, or is watched. */
class OutputTest {
  private static final int NEW_TOKENS = 20;

  @TempDir private static Path directory;
  private static String[] command = {};

  @BeforeAll
  static void prepare() {
    String model = Checkpoints.tiny(directory.resolve("model")).toString();
    command =
        new String[] {
          "--backend=reference",
          "--model",
          model,
          "--prompt=Hello",
          "--seed=1",
          "--max-new-tokens=" + NEW_TOKENS
        };
  }

  /** Calls back when something was flushed. */
  private static final class Watched extends ByteArrayOutputStream {
    private final Runnable callback;

    Watched(Runnable callback) {
      this.callback = callback;
    }

    @Override
    public void flush() {
      callback.run();
    }
  }

  @Test
  void tokensComeOneByOne() {
    List<Integer> lengths = new ArrayList<>();
    Watched[] out = new Watched[1];
    out[0] = new Watched(() -> lengths.add(out[0].size()));
    new CliRun().output(out[0]).run(command);
    assertTrue(lengths.size() > NEW_TOKENS / 2, lengths::toString);
    assertEquals(lengths.stream().distinct().sorted().toList(), lengths);
  }

  @Test
  void anInterruptionKeepsWhatWasGenerated() {
    String whole = CliRun.cli(command).out();
    CliRun run = new CliRun();
    var out = new Watched(run.interruption()::request);
    Result result = run.output(out).run(command);
    String text = out.toString(StandardCharsets.UTF_8).strip();
    assertAll(
        () -> assertEquals(130, result.exitCode()),
        () ->
            assertTrue(
                !text.isEmpty() && whole.startsWith(text) && text.length() < whole.length() / 2),
        () -> assertTrue(result.err().endsWith("; interrupted\n"), result.err()),
        () -> assertEquals(1, result.err().lines().count()));
  }

  @Test
  void anInterruptionBeforeTheFirstTokenIsNoError() {
    CliRun run = new CliRun();
    run.interruption().request();
    Result result = run.run(command);
    assertEquals(130, result.exitCode());
    assertEquals("", result.out().strip());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"generate", "tokenize", "devices", "completion", "help", "--help", "--version"})
  void aReaderThatGoesEndsEverythingQuietly(String name) {
    Result result = run(name, new Closed("Broken pipe"));
    assertEquals(new Result(0, "", ""), result);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"generate", "tokenize", "devices", "completion", "help", "--help", "--version"})
  void aFullDiskIsAnError(String name) throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full), "there is no /dev/full");
    try (var out = new FileOutputStream(full.toFile())) {
      assertEquals(
          new Result(1, "", "gpt2j: standard output: No space left on device\n"), run(name, out));
    }
  }

  private static Result run(String name, OutputStream out) {
    CliRun run = new CliRun().output(out);
    return switch (name) {
      case "generate" -> run.run(command);
      case "tokenize" -> run.run(name, "Hello");
      default -> run.run(name);
    };
  }

  /** Takes nothing. */
  private static final class Closed extends OutputStream {
    private final String reason;

    Closed(String reason) {
      this.reason = reason;
    }

    @Override
    public void write(int b) throws IOException {
      throw new IOException(reason);
    }
  }
}
