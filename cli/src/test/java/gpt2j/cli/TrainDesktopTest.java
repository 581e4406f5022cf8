package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training loads nothing of Java's desktop, unless it is asked for a picture. */
class TrainDesktopTest {
  @TempDir private static Path directory;
  private static Path data = Path.of("");

  @BeforeAll
  static void prepare() throws IOException {
    data = TrainingData.bytes(directory.resolve("data"));
  }

  /** The classes that a process loads which trains for two steps. */
  private static List<String> loaded(String name, String... more)
      throws IOException, InterruptedException {
    Path log = directory.resolve(name + ".log");
    Path run = directory.resolve(name);
    String[] command = {
      "train",
      "--data=" + data,
      "--out=" + run,
      "--n-layer=1",
      "--n-head=2",
      "--n-embd=8",
      "--n-ctx=16",
      "--batch-size=2",
      "--eval-batches=2",
      "--max-steps=2"
    };
    CliProcess process =
        CliProcess.startBy(
            List.of("env", "JDK_JAVA_OPTIONS=-Xlog:class+load:file=" + log),
            Stream.of(command, more).flatMap(Stream::of).toArray(String[]::new));
    assertEquals(0, process.exitCode(), process.err());
    assertTrue(Files.exists(run.resolve("step-000002/model.safetensors")));
    assertEquals(more.length > 0, Files.exists(run.resolve("loss.png")));
    List<String> lines = Files.readAllLines(log);
    assertTrue(lines.stream().anyMatch(line -> line.contains("gpt2j.cli.train.TrainCommand ")));
    return lines;
  }

  private static Optional<String> desktop(List<String> lines) {
    return lines.stream()
        .filter(line -> line.matches(".* (java\\.awt|sun\\.awt|javax\\.imageio)\\..*"))
        .findFirst();
  }

  @Test
  void aCheckpointNeedsNone() throws IOException, InterruptedException {
    assertEquals(Optional.empty(), desktop(loaded("plain")));
  }

  @Test
  void aPictureDoes() throws IOException, InterruptedException {
    assertTrue(desktop(loaded("plotted", "--plot")).isPresent());
  }
}
