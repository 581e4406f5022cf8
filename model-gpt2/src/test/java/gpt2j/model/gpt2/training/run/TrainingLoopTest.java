package gpt2j.model.gpt2.training.run;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.model.gpt2.files.Disk;
import gpt2j.model.gpt2.files.FaultyDisk;
import gpt2j.model.gpt2.training.TrainingTensor;
import gpt2j.model.gpt2.training.run.Outcome.End;
import gpt2j.model.gpt2.training.run.Runs.Trace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The loop and its files, around something that learns nothing. */
class TrainingLoopTest {
  @TempDir private Path folder;

  private Path run(String name) {
    return folder.resolve(name);
  }

  @Test
  void checkpointsComeWhenDueAndTheOldestGo() {
    new Runs(run("a")).finish();

    // 9 steps, an evaluation every 4, a checkpoint every 3; the last 2 and the best are kept.
    Trace trace = Trace.of(run("a"));
    assertAll(
        () -> assertEquals(List.of(0L, 4L, 8L, 9L), trace.evaluated()),
        () ->
            assertEquals(
                IntStream.rangeClosed(1, 9).mapToObj(i -> (long) i).toList(), trace.steps()),
        () -> assertTrue(trace.checkpoints().containsAll(List.of("step-000008", "step-000009"))),
        () -> assertTrue(trace.checkpoints().size() <= 3, trace.checkpoints().toString()),
        () ->
            assertEquals(Path.of("step-000009"), Files.readSymbolicLink(run("a").resolve("last"))),
        () ->
            assertEquals(
                trace.best(), Files.readSymbolicLink(run("a").resolve("best")).toString()));
  }

  @Test
  void aRunThatIsStoppedAndResumedDoesTheSame() {
    new Runs(run("whole")).finish();
    for (int stop = 1; stop < 9; stop++) {
      Path path = run("stopped-" + stop);
      Outcome outcome = new Runs(path).stoppingBefore(stop).run();
      assertEquals(End.INTERRUPTED, outcome.end());
      assertEquals(stop, outcome.state().step(), "the step under way is finished");
      new Runs(path).resume();
      assertEquals(
          Trace.of(run("whole")).withoutCheckpoints(), Trace.of(path).withoutCheckpoints());
    }
  }

  @Test
  void aRunThatIsKilledAtAnyFileOperationResumesAndDoesTheSame() throws IOException {
    FaultyDisk counting = FaultyDisk.counting();
    new Runs(run("whole")).disk(counting).finish();
    Trace expected = Trace.of(run("whole"));
    assertTrue(counting.operations() > 50, "operations: " + counting.operations());
    for (int operation = 1; operation <= counting.operations(); operation++) {
      Path path = run("killed-" + operation);
      Runs killed = new Runs(path).disk(FaultyDisk.killing(operation));
      assertThrows(FaultyDisk.Killed.class, killed::finish);
      spoilMetrics(path);
      new Runs(path).beginOrResume();
      assertEquals(expected, Trace.of(path), "killed at operation " + operation);
    }
  }

  @Test
  void aRunThatIsKilledAgainAndAgainEndsAllTheSame() throws IOException {
    new Runs(run("whole")).finish();
    Trace expected = Trace.of(run("whole"));
    Random random = new Random(1);
    for (int round = 0; round < 20; round++) {
      Path path = run("often-" + round);
      boolean ended = false;
      while (!ended) {
        try {
          new Runs(path).disk(FaultyDisk.killing(1 + random.nextInt(60))).beginOrResume();
          ended = true;
        } catch (FaultyDisk.Killed e) {
          spoilMetrics(path);
        }
      }
      assertEquals(expected, Trace.of(path));
    }
  }

  /** What a kill in the middle of a line leaves. */
  private static void spoilMetrics(Path run) throws IOException {
    Path metrics = run.resolve("metrics.jsonl");
    if (Files.exists(metrics)) {
      Files.writeString(metrics, Files.readString(metrics) + "{\"step\":");
    }
  }

  @Test
  void aFullDiskEndsTheRunInOneLineAndHarmsNoCheckpoint() throws IOException {
    FaultyDisk counting = FaultyDisk.counting();
    new Runs(run("whole")).disk(counting).finish();
    Trace expected = Trace.of(run("whole"));
    for (int operation = 1; operation <= counting.operations(); operation += 3) {
      Path path = run("full-" + operation);
      Runs failing = new Runs(path).disk(FaultyDisk.failing(operation));
      RunException e = assertThrows(RunException.class, failing::finish);
      assertTrue(e.getMessage().startsWith(path.toString()), e.getMessage());
      assertTrue(e.getMessage().endsWith("No space left on device"), e.getMessage());
      new Runs(path).beginOrResume();
      assertEquals(expected, Trace.of(path), "failed at operation " + operation);
    }
  }

  @Test
  void patienceEndsARun() {
    AtomicInteger evaluations = new AtomicInteger();
    Runs runs = new Runs(run("a")).patience(1);
    // The first after a step is the best, whatever it was before.
    runs.learner().validating(_ -> evaluations.incrementAndGet());
    Outcome outcome = runs.finish();
    assertAll(
        () -> assertEquals(End.PATIENCE, outcome.end()),
        () -> assertEquals(8, outcome.state().step()),
        () -> assertEquals(4, outcome.state().best().orElseThrow().step()),
        () -> assertEquals(Optional.of(run("a").resolve("best")), outcome.best()),
        () -> assertTrue(Files.exists(run("a").resolve("best/model.safetensors"))));
  }

  @Test
  void timeEndsARunWithAnEvaluation() {
    Outcome outcome = new Runs(run("a")).maxTime(Duration.ofSeconds(3)).finish();
    assertAll(
        () -> assertEquals(End.TIME, outcome.end()),
        () -> assertTrue(outcome.state().step() < 9),
        () -> assertEquals(outcome.state().step(), outcome.state().last().orElseThrow().step()));
  }

  @Test
  void aLossThatIsNoNumberEndsARunAndLeavesTheLastCheckpoint() {
    Runs runs = new Runs(run("a"));
    AtomicInteger updates = new AtomicInteger();
    runs.learner()
        .beforeUpdates(
            () -> {
              if (updates.incrementAndGet() == 5) {
                runs.learner().spoil();
              }
            });
    RunException e = assertThrows(RunException.class, runs::finish);
    assertTrue(
        e.getMessage().contains("the loss is NaN at step 5: lower --learning-rate"),
        e.getMessage());
    assertTrue(e.getMessage().endsWith("the last checkpoint is of step 4"), e.getMessage());
    assertTrue(Files.exists(run("a").resolve("step-000004")));
  }

  @Test
  void aValidationLossThatIsNoNumberEndsARunAndIsNotSaved() {
    AtomicInteger evaluations = new AtomicInteger();
    Runs runs = new Runs(run("a"));
    runs.learner().validating(loss -> evaluations.incrementAndGet() < 4 ? loss : Double.NaN);
    RunException e = assertThrows(RunException.class, runs::finish);
    assertEquals(
        run("a")
            + ": the validation loss is NaN after step 9: lower --learning-rate or --clip;"
            + " the last checkpoint is of step 8",
        e.getMessage());
    assertFalse(Files.exists(run("a").resolve("step-000009")));
    new Runs(run("a")).resume();
    new Runs(run("b")).finish();
    assertEquals(Trace.of(run("b")).withoutCheckpoints(), Trace.of(run("a")).withoutCheckpoints());
  }

  /** No loss need show it: here what is spoiled is spoiled after the last of them. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "GRADIENT")
  void numbersThatAreNotFiniteAreNotSaved(TrainingTensor kind) throws IOException {
    Runs runs = new Runs(run("a"));
    AtomicInteger evaluations = new AtomicInteger();
    runs.learner()
        .validating(
            loss -> {
              if (evaluations.incrementAndGet() == 4) { // at the end, before the checkpoint
                runs.learner().spoil(kind, Float.NEGATIVE_INFINITY);
              }
              return loss;
            });
    RunException e = assertThrows(RunException.class, runs::finish);
    assertAll(
        () -> assertTrue(e.getMessage().startsWith(run("a") + ": "), e.getMessage()),
        () ->
            assertTrue(
                e.getMessage().contains(" of wte.weight has -Infinity after step 9: lower"),
                e.getMessage()),
        () ->
            assertEquals(Path.of("step-000008"), Files.readSymbolicLink(run("a").resolve("last"))),
        () -> assertFalse(Files.exists(run("a").resolve("step-000009"))),
        () -> assertFalse(Files.exists(run("a").resolve(".step-000009.partial"))));
    new Runs(run("a")).resume();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"training.json", "optimizer.safetensors", "model.safetensors", "config.json"})
  void aDamagedCheckpointIsNamed(String file) throws IOException {
    new Runs(run("a")).finish();
    Path damaged = run("a").resolve("step-000009").resolve(file);
    byte[] content = Files.readAllBytes(damaged);
    Files.write(damaged, java.util.Arrays.copyOf(content, content.length / 2));
    RunException e = assertThrows(RunException.class, () -> RunDirectory.resume(run("a")));
    assertAll(
        () -> assertTrue(e.getMessage().contains("step-000009"), e.getMessage()),
        () -> assertTrue(e.getMessage().contains(file), e.getMessage()),
        () -> assertEquals(1, e.getMessage().lines().count()),
        () ->
            assertTrue(
                e.getMessage().endsWith("; to go on from step-000008, delete step-000009"),
                e.getMessage()));
    new Disk().delete(damaged.getParent());
    new Runs(run("a")).resume();
    new Runs(run("b")).finish();
    assertEquals(Trace.of(run("b")).withoutCheckpoints(), Trace.of(run("a")).withoutCheckpoints());
  }

  @Test
  void oneProcessAtATime() {
    new Runs(run("a")).finish();
    try (RunDirectory _ = RunDirectory.resume(run("a"))) {
      RunException e = assertThrows(RunException.class, () -> RunDirectory.resume(run("a")));
      assertTrue(e.getMessage().contains("another process trains there"), e.getMessage());
    }
    assertEquals(9, new Runs(run("a")).resume().state().step());
  }

  @Test
  void ofTwoThatBeginOneIsRefused() {
    try (RunDirectory second = RunDirectory.create(run("a"))) {
      try (RunDirectory first = RunDirectory.create(run("a"))) {
        first.begin(new byte[0]);
        RunException e = assertThrows(RunException.class, () -> second.begin(new byte[0]));
        assertTrue(e.getMessage().contains("another process trains there"), e.getMessage());
      }
      RunException e = assertThrows(RunException.class, () -> second.begin(new byte[0]));
      assertTrue(e.getMessage().contains("isn't empty"), e.getMessage());
    }
  }

  /** A process that is killed at once. */
  @Test
  void aDirectoryWithoutSettingsIsNew() throws IOException {
    Files.createDirectories(run("a"));
    Files.createFile(run("a").resolve(".lock"));
    Files.createFile(run("a").resolve(".settings.json.partial"));
    assertEquals(9, new Runs(run("a")).finish().state().step());
  }

  @Test
  void aChangedRecipeAndOtherDataAreNoticed() {
    new Runs(run("a")).finish();
    try (RunDirectory directory = RunDirectory.resume(run("a"))) {
      assertEquals(Optional.empty(), directory.change(Runs.RECIPE, Runs.DATA));
      assertEquals(
          Optional.of(new RunDirectory.Change("seed", "5", "6")),
          directory.change(Runs.hyperparameters(6), Runs.DATA));
      RunException e =
          assertThrows(
              RunException.class, () -> directory.change(Runs.RECIPE, Runs.data(1, 2, 3, 4)));
      assertTrue(e.getMessage().contains("was trained on other data"), e.getMessage());
    }
  }

  @Test
  void nothingIsLeftToTheSide() throws IOException {
    new Runs(run("a")).finish();
    try (Stream<Path> content = Files.walk(run("a"))) {
      assertFalse(
          content
              .map(path -> path.getFileName().toString())
              .anyMatch(name -> name.startsWith(".") && !name.equals(".lock")));
    }
  }
}
