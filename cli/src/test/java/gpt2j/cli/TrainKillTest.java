package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Training that is killed, at moments that no one chose, and resumed: it has the losses of training
 * that was left alone. A hundred kills: {@code -Dgpt2j.test.kills=100}.
 */
@EnabledOnOs(OS.LINUX)
class TrainKillTest {
  private static final int KILLS = Integer.getInteger("gpt2j.test.kills", 2);
  private static final long SEED = Long.getLong("gpt2j.test.seed", 1);

  private static final String[] OPTIONS = {"--max-steps=40", "--checkpoint-interval=3"};

  @TempDir private static Path directory;
  private static Path data = Path.of("");

  private final Random random = new Random(SEED);

  @BeforeAll
  static void prepare() throws IOException {
    data = TrainingData.bytes(directory.resolve("data"));
  }

  /** Trains in a process; goes on when there is something to go on from. */
  private static CliProcess train(Path run, String... options) throws IOException {
    if (Files.exists(run.resolve("settings.json"))) {
      return CliProcess.start("train", "--resume", run.toString());
    }
    String[] command = {
      "train",
      "--data",
      data.toString(),
      "--out",
      run.toString(),
      "--n-layer=2",
      "--n-head=2",
      "--n-embd=32",
      "--n-ctx=32",
      "--batch-size=4",
      "--accumulation=2",
      "--dropout=0.1",
      "--learning-rate=1e-3",
      "--decay-steps=40",
      "--threads=2",
      "--eval-interval=10",
      "--eval-batches=2",
      "--seed=3"
    };
    return CliProcess.start(Stream.of(command, options).flatMap(Stream::of).toArray(String[]::new));
  }

  private static void finish(Path run) throws IOException, InterruptedException {
    CliProcess process = train(run, OPTIONS);
    assertEquals(0, process.exitCode(), process::err);
  }

  @Test
  void everyResumptionRepeatsTheLosses() throws Exception {
    Path whole = directory.resolve("whole");
    long start = System.nanoTime();
    finish(whole);
    long time = System.nanoTime() - start;
    List<List<Object>> expected = losses(whole);
    int kills = 0;
    int whileWriting = 0;
    for (int round = 0; kills < KILLS; round++) {
      Path run = directory.resolve("run-" + round);
      boolean ended = false;
      while (!ended && kills < KILLS) {
        CliProcess process = train(run, OPTIONS);
        // Every other kill waits until a checkpoint is being written.
        boolean writing = kills % 2 == 1 ? awaitWriting(process, run) : sleep(process, time);
        ended = !process.kill();
        kills += ended ? 0 : 1;
        whileWriting += !ended && writing ? 1 : 0;
      }
      if (!ended) {
        finish(run);
      }
      assertEquals(expected, losses(run), "after " + kills + " kills with seed " + SEED);
      delete(run);
    }
    int seen = whileWriting;
    assertTrue(KILLS < 2 || seen > 0, () -> "kills while writing: " + seen + " of " + KILLS);
  }

  @Test
  void ctrlCSavesAndSaysHowToGoOn() throws Exception {
    Path run = directory.resolve("interrupted");
    CliProcess process = train(run, "--max-steps=1000000", "--debug");
    while (!Files.exists(run.resolve("metrics.jsonl")) || losses(run).size() < 3) {
      assertTrue(process.isRunning(), process::err);
      Thread.sleep(1);
    }
    process.assumeCanBeInterrupted();
    process.interrupt();
    assertEquals("", process.remainingOutput());
    assertEquals(130, process.exitCode());
    Json last = Json.of(Files.readString(run.resolve("last/training.json")));
    String step = Integer.toString((int) last.number("step"));
    assertTrue(
        process
            .err()
            .endsWith(
                "gpt2j: ending after the step under way\ngpt2j: interrupted after step %s; to go on: bin/cli train --resume %s\n"
                    .formatted(step, run)),
        process::err);
  }

  /** Waits for some part of the time that a whole run takes. */
  private boolean sleep(CliProcess process, long time) throws InterruptedException {
    long until = System.nanoTime() + (long) (random.nextDouble() * time);
    while (process.isRunning() && System.nanoTime() < until) {
      Thread.sleep(1);
    }
    return false;
  }

  /** Waits for a checkpoint that is not the next one, and then for some of its files. */
  private boolean awaitWriting(CliProcess process, Path run)
      throws IOException, InterruptedException {
    int skipped = random.nextInt(4);
    int files = random.nextInt(8);
    boolean before = false;
    while (process.isRunning()) {
      int written = partialFiles(run);
      if (written >= 0 && !before && skipped-- > 0) {
        before = true;
      } else if (written < 0) {
        before = false;
      }
      if (!before && written >= files) {
        return true;
      }
      Thread.sleep(Duration.ofNanos(100_000));
    }
    return false;
  }

  /** How many files the checkpoint that is being written has so far; -1 when there is none. */
  private static int partialFiles(Path run) throws IOException {
    if (!Files.isDirectory(run)) {
      return -1;
    }
    List<Path> partial;
    try (Stream<Path> all = Files.list(run)) {
      partial =
          all.filter(path -> path.getFileName().toString().matches("\\.step-.*\\.partial"))
              .toList();
    }
    if (partial.isEmpty()) {
      return -1;
    }
    String[] files = partial.getFirst().toFile().list();
    return files == null ? -1 : files.length;
  }

  /** Step and loss of each update and each evaluation. */
  private static List<List<Object>> losses(Path run) throws IOException {
    List<List<Object>> losses = new ArrayList<>();
    for (Json line : Json.lines(Files.readString(run.resolve("metrics.jsonl")))) {
      for (String name : List.of("loss", "validation_loss")) {
        if (line.names().contains(name)) {
          losses.add(List.of(line.get("step"), name, line.get(name)));
        }
      }
    }
    return losses;
  }

  private static void delete(Path path) throws IOException {
    List<Path> all;
    try (Stream<Path> content = Files.walk(path)) {
      all = content.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.delete(each);
    }
  }
}
