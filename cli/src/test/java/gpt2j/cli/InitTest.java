package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.CliRun.Result;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random checkpoints from the command line. */
class InitTest {
  private static final String[] SIZE = {
    "--n-layer=3", "--n-head=2", "--n-embd=16", "--n-ctx=32", "--vocab-size=500"
  };

  @TempDir private Path directory;

  private Result init(String name, String... options) {
    String[] command = {"init", "--out", directory.resolve(name).toString()};
    return CliRun.cli(Stream.of(command, SIZE, options).flatMap(Stream::of).toArray(String[]::new));
  }

  @Test
  void whatWasAskedForIsWritten() {
    Result result = init("new/below");
    Path written = directory.resolve("new/below");
    assertEquals(0, result.exitCode());
    assertEquals("", result.out());
    assertEquals(
        "gpt2j: wrote %s: 18384 parameters in f32, 73.5 kB\n".formatted(written), result.err());
    try (Checkpoint checkpoint = Checkpoint.open(written)) {
      assertAll(
          () -> assertEquals(3, checkpoint.config().layers()),
          () -> assertEquals(2, checkpoint.config().heads()),
          () -> assertEquals(16, checkpoint.config().embeddingWidth()),
          () -> assertEquals(32, checkpoint.config().contextLength()),
          () -> assertEquals(500, checkpoint.config().vocabularySize()));
    }
  }

  @Test
  void theSameSeedGivesTheSameBytes() throws IOException {
    init("a");
    init("b", "--seed=0");
    init("c", "--seed=1");
    assertArrayEquals(weights("a"), weights("b"));
    assertFalse(Arrays.equals(weights("a"), weights("c")));
  }

  @Test
  void halfTheBytesForHalfTheBits() throws IOException {
    init("f32");
    for (String type : List.of("f16", "bf16")) {
      init(type, "--dtype", type);
      assertTrue(weights(type).length < weights("f32").length * 6 / 10);
    }
  }

  @Test
  void aCopyInAnotherTypeIsWhatWouldHaveBeenWritten() throws IOException {
    init("f32");
    for (String type : List.of("f32", "f16", "bf16")) {
      init("init-" + type, "--dtype", type);
      Result copied =
          CliRun.cli(
              "convert",
              "--model=" + directory.resolve("f32"),
              "--dtype=" + type,
              "--out=" + directory.resolve("copy-" + type));
      assertEquals(0, copied.exitCode(), copied.err());
      for (String file : List.of("config.json", "model.safetensors")) {
        assertEquals(
            -1,
            Files.mismatch(
                directory.resolve("init-" + type).resolve(file),
                directory.resolve("copy-" + type).resolve(file)),
            type + " " + file);
      }
    }
  }

  private byte[] weights(String name) throws IOException {
    return Files.readAllBytes(directory.resolve(name).resolve("model.safetensors"));
  }

  @Test
  void anInterruptedOneLeavesNothing() throws IOException {
    CliRun run = new CliRun();
    run.interruption().request();
    Result result =
        run.run("init", "--size=gpt2", "--out", directory.resolve("interrupted").toString());
    assertEquals(new Result(130, "", ""), result);
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(List.of(), left.toList());
    }
  }
}
