package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Commands that are ended while they write, at moments that no one chose: what they write is whole
 * or not there. More: {@code -Dgpt2j.test.signals=100}.
 */
@EnabledOnOs(OS.LINUX)
class SignalTest {
  private static final int SIGNALS = Integer.getInteger("gpt2j.test.signals", 4);
  private static final long SEED = Long.getLong("gpt2j.test.seed", 1);
  private static final int MOST_MILLIS = 60;

  @TempDir private static Path folder;

  private static List<String[]> commands = List.of();

  @BeforeAll
  static void prepare() {
    Checkpoints.tiny(folder.resolve("model"));
    String texts = folder.resolve("texts.txt").toString();
    assertEquals(0, CliRun.cli("stories", "--bytes=200k", "--out", texts).exitCode());
    commands =
        List.of(
            new String[] {"init", "--n-layer=4", "--n-head=4", "--n-embd=256", "--n-ctx=64"},
            new String[] {"stories", "--bytes=4M"},
            new String[] {"prepare", texts, "--vocabulary=bytes"},
            new String[] {"convert", "--model", folder.resolve("model").toString()});
  }

  @Test
  void whatIsWrittenIsWholeOrNotThere() throws Exception {
    Random random = new Random(SEED);
    for (int i = 0; i < SIGNALS; i++) {
      Path place = Files.createDirectory(folder.resolve("place-" + i));
      String[] command =
          TinyModel.join(
              commands.get(i % commands.size()), "--out", place.resolve("out").toString());
      boolean kills = random.nextBoolean();
      String what = "%s, seed %d, signal %d".formatted(command[0], SEED, i);
      CliProcess process = CliProcess.start(command);
      while (process.isRunning() && names(place).isEmpty()) {
        Thread.sleep(1);
      }
      Thread.sleep(random.nextInt(MOST_MILLIS));
      process.signal(kills ? "KILL" : "TERM");
      int exitCode = process.exitCode();
      boolean whole = names(place).contains("out");
      if (exitCode == 128 + 15) {
        assertEquals(whole ? List.of("out") : List.of(), names(place), what);
        assertTrue(whole || process.err().isEmpty(), () -> what + process.err());
      }
      if (!whole) {
        CliRun.Result again = CliRun.cli(command);
        assertEquals(0, again.exitCode(), what + again.err());
      }
      assertEquals(List.of("out"), names(place), what);
      assertEquals(content(command, i), content(place.resolve("out")), what);
    }
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** What the command writes when it is left alone. */
  private static List<String> content(String[] command, int number) throws IOException {
    Path out = folder.resolve("whole-" + number);
    String[] whole = command.clone();
    whole[whole.length - 1] = out.toString();
    assertEquals(0, CliRun.cli(whole).exitCode());
    return content(out);
  }

  private static List<String> content(Path path) throws IOException {
    try (Stream<Path> all = Files.walk(path)) {
      return all.filter(Files::isRegularFile)
          .sorted()
          .map(file -> path.relativize(file) + " " + hash(file))
          .toList();
    }
  }

  private static int hash(Path file) {
    try {
      return java.util.Arrays.hashCode(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
