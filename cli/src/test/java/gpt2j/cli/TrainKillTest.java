package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
  private static final int KILLS = Integer.getInteger("gpt2j.test.kills", 4);
  private static final long SEED = Long.getLong("gpt2j.test.seed", 1);

  @TempDir private static Path directory;
  private static Path data = Path.of("");

  private final Random random = new Random(SEED);

  @BeforeAll
  static void prepare() throws IOException {
    data = TrainingData.bytes(directory.resolve("data"));
  }

  /** Trains in a process; goes on when there is something to go on from. */
  private static CliProcess train(Path run) throws IOException {
    if (Files.exists(run.resolve("settings.json"))) {
      return CliProcess.start("train", "--resume", run.toString());
    }
    return CliProcess.start(
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
        "--threads=2",
        "--max-steps=40",
        "--eval-interval=10",
        "--eval-batches=2",
        "--checkpoint-interval=3",
        "--seed=3");
  }

  private static void finish(Path run) throws IOException, InterruptedException {
    CliProcess process = train(run);
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
        CliProcess process = train(run);
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
      all = content.sorted(java.util.Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.delete(each);
    }
  }
}
