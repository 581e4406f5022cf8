package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.CliRun.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The pictures themselves are tested where they are made. */
class BenchVisualizeTest {
  @TempDir private Path directory;
  private Path out = Path.of("");
  private String model = "";

  @BeforeEach
  void prepare() {
    model = Checkpoints.tiny(directory.resolve("model")).toString();
    out = directory.resolve("out");
  }

  private Result visualize(String... options) {
    return CliRun.cli(
        TinyModel.join(
            new String[] {
              "bench", "visualize", "--backend=reference", "--model", model, "--out", out.toString()
            },
            options));
  }

  @Test
  void filmMapsAndNumbersAreWrittenAndNamed() throws IOException {
    Result result = visualize("--token-ids=1,2,3", "--max-new-tokens=3", "--seed=1", "--layer=1");
    assertEquals(0, result.exitCode(), result.err());
    List<String> names =
        List.of(
            "kv-cache.gif",
            "attention.png",
            "attention-layer1-head0.png",
            "attention.npy",
            "trace.json");
    assertEquals(
        names.stream().map(name -> out.resolve(name).toString()).toList(),
        result.out().lines().toList());
    for (String name : names) {
      assertTrue(Files.size(out.resolve(name)) > 0, name);
    }
    try (Stream<Path> frames = Files.list(out.resolve("frames"))) {
      assertEquals(3, frames.count());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "--layer=99      | --layer: the model has layers 0 to",
        "--head=99       | --head: the model has heads 0 to",
        "--layer=-1      | --layer: must be a whole number, 0 or more, not '-1'",
        "--cell=0        | --cell: must be a whole number, 1 or more, not '0'",
        "--delay=9       | --delay: must be a whole number, 10 or more, not '9'",
      })
  void badOptionsGetOneLineAndLeaveNothing(String option, String message) {
    Result result = visualize("--token-ids=1,2,3", option);
    assertEquals(2, result.exitCode(), result.err());
    assertTrue(result.err().startsWith("gpt2j: " + message), result.err());
    assertEquals(1, result.err().lines().count(), result.err());
    assertFalse(Files.exists(out));
  }

  @Test
  void whatIsThereIsLeftAlone() throws IOException {
    Files.createDirectories(out);
    Files.writeString(out.resolve("mine"), "mine");
    Result result = visualize("--token-ids=1,2,3", "--max-new-tokens=2");
    assertEquals(1, result.exitCode(), result.err());
    assertEquals(
        "gpt2j: " + out + ": can't be written: the directory isn't empty; choose a new one\n",
        result.err());
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(2, files.count());
    }
  }
}
