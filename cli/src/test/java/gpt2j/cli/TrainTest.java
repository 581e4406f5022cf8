package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.CliRun.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training from the command line. */
class TrainTest {
  @TempDir private static Path directory;
  private static Path data = Path.of("");

  @BeforeAll
  static void prepare() throws IOException {
    data = TrainingData.bytes(directory.resolve("data"));
  }

  /** Trains a tiny model by the reference backend, with some more options. */
  static Result train(Path data, Path run, String... options) {
    return train(new CliRun(), data, run, options);
  }

  private static Result train(CliRun cli, Path data, Path run, String... options) {
    String[] command = {
      "train",
      "--backend=reference",
      "--data",
      data.toString(),
      "--out",
      run.toString(),
      "--n-layer=1",
      "--n-head=2",
      "--n-embd=8",
      "--n-ctx=16",
      "--batch-size=2",
      "--eval-batches=2",
      "--learning-rate=1e-3"
    };
    return cli.run(Stream.of(command, options).flatMap(Stream::of).toArray(String[]::new));
  }

  private static Path run(String name) {
    return directory.resolve(name);
  }

  @Test
  void whatIsTrainedIsTold() throws IOException {
    Path run = run("told");
    Result result =
        train(
            data,
            run,
            "--max-steps=6",
            "--eval-interval=3",
            "--plot",
            "--sample-prompt=the ",
            "--sample-tokens=4");
    assertEquals(0, result.exitCode(), result.err());
    List<Json> metrics = Json.lines(Files.readString(run.resolve("metrics.jsonl")));
    assertAll(
        () ->
            assertTrue(
                result
                    .out()
                    .matches(
                        "model: \\d+ parameters, 1 layer, 2 heads, width 8, context 16, vocabulary"
                            + " 257\n"
                            + "data: .*\n"
                            + "ended: steps\n"
                            + "step: 6\n"
                            + "validation loss: [0-9.]+ at step 6\n"
                            + "checkpoint: "
                            + run
                            + "/step-000006\nbest validation loss: [0-9.]+ at step [36]\n"
                            + "best checkpoint: "
                            + run
                            + "/best\n"),
                result.out()),
        () -> assertTrue(result.err().startsWith("gpt2j: training in " + run + ": "), result.err()),
        () -> assertTrue(result.err().contains("gpt2j: step 3 of 6: loss "), result.err()),
        () -> assertTrue(result.err().contains("\ngpt2j: sample: the "), result.err()),
        () ->
            assertEquals(6, metrics.stream().filter(line -> line.names().contains("loss")).count()),
        () ->
            assertEquals(
                3,
                metrics.stream().filter(line -> line.names().contains("validation_loss")).count()),
        () ->
            assertEquals(
                3, metrics.stream().filter(line -> line.names().contains("sample")).count()),
        () -> assertTrue(Files.size(run.resolve("loss.png")) > 1000));
  }

  @Test
  void theResultGeneratesAndScores() {
    Path run = run("used");
    assertEquals(0, train(data, run, "--max-steps=2").exitCode());
    String best = run.resolve("best").toString();
    Result generated =
        CliRun.cli("--backend=reference", "--model", best, "--prompt=the", "--max-new-tokens=3");
    Result scored = CliRun.cli("score", "--backend=reference", "--model", best, "the old fox");
    assertAll(
        () -> assertEquals(0, generated.exitCode(), generated.err()),
        () -> assertEquals(0, scored.exitCode(), scored.err()));
  }

  @Test
  void jsonHasTheSame() {
    Result result = train(data, run("json"), "--max-steps=2", "--format=json");
    Json json = Json.of(result.out());
    assertAll(
        () -> assertEquals("steps", json.text("ended")),
        () -> assertEquals(2, json.number("step")),
        () -> assertEquals(json.number("validation_loss"), json.number("best_validation_loss")),
        () -> assertEquals(run("json").resolve("step-000002").toString(), json.text("checkpoint")));
  }

  @Test
  void theBaselineOfTheDataIsToldBesideTheLoss() throws IOException {
    Path text = Files.writeString(directory.resolve("text.txt"), "the old fox ran.\n".repeat(200));
    Path prepared = directory.resolve("prepared");
    Result preparation =
        CliRun.cli("prepare", text.toString(), "--vocab-size=270", "--out", prepared.toString());
    assertEquals(0, preparation.exitCode(), preparation.err());
    Json baseline = Json.of(CliRun.cli("baseline", prepared.toString(), "--format=json").out());
    String chain =
        String.format(
            java.util.Locale.ROOT,
            "(Markov chain of order 5: %.4f)",
            baseline.number("loss_per_byte"));
    Result told = train(prepared, run("baseline"), "--max-steps=2");
    Json json =
        Json.of(train(prepared, run("baseline-json"), "--max-steps=2", "--format=json").out());
    assertAll(
        () -> assertTrue(preparation.err().contains("; Markov chain of"), preparation.err()),
        () -> assertTrue(told.err().contains(" nats/byte " + chain), told.err()),
        () -> assertTrue(told.out().contains(" nats/byte " + chain), told.out()),
        () ->
            assertEquals(
                baseline.number("loss_per_byte"), json.number("baseline_loss_per_byte"), 1e-12),
        () ->
            assertEquals(
                json.number("validation_loss") / baseline.number("bytes_per_token"),
                json.number("validation_loss_per_byte"),
                1e-9));
    Path without = directory.resolve("without");
    CliRun.cli(
        "prepare",
        text.toString(),
        "--vocab-size=270",
        "--no-baseline",
        "--out",
        without.toString());
    assertEquals(-1, train(without, run("without"), "--max-steps=1").err().indexOf("Markov"));
  }

  @Test
  void theSettingsOfARunGiveTheSameRun() throws IOException {
    Path first = run("first");
    Path second = run("second");
    train(data, first, "--max-steps=3", "--dropout=0.1", "--stride=5", "--biases=none");
    Result result =
        CliRun.cli(
            "train",
            "--config",
            first.resolve("settings.json").toString(),
            "--out",
            second.toString());
    assertEquals(0, result.exitCode(), result.err());
    assertArrayEquals(weights(first), weights(second));
    assertEquals(
        Files.readString(first.resolve("settings.json")),
        Files.readString(second.resolve("settings.json")));
  }

  @Test
  void optionsWinOverSettings() throws IOException {
    Path first = run("settings");
    Path checkpoint = run("begun").resolve("best");
    train(data, first, "--max-steps=2");
    train(data, run("begun"), "--max-steps=1");
    String settings = first.resolve("settings.json").toString();
    Result size =
        CliRun.cli("train", "--config", settings, "--out", run("wide").toString(), "--n-embd=12");
    Result fineTuned =
        CliRun.cli(
            "train",
            "--config",
            settings,
            "--out",
            run("tuned").toString(),
            "--model",
            checkpoint.toString(),
            "--max-steps=1");
    assertAll(
        () -> assertEquals(0, size.exitCode(), size.err()),
        () -> assertTrue(size.err().contains("width 12"), size.err()),
        () -> assertEquals(0, fineTuned.exitCode(), fineTuned.err()),
        () ->
            assertEquals(
                checkpoint.toString(),
                Json.of(Files.readString(run("tuned").resolve("settings.json"))).text("model")));
  }

  private static byte[] weights(Path run) throws IOException {
    return Files.readAllBytes(run.resolve("last/model.safetensors"));
  }

  @Test
  void moreStepsAfterTheLastGoOn() throws IOException {
    Path run = run("more");
    train(data, run, "--max-steps=2", "--decay-steps=4", "--warmup-steps=1");
    Result more = CliRun.cli("train", "--resume", run.toString(), "--max-steps=4");
    Path whole = run("whole");
    train(data, whole, "--max-steps=4", "--warmup-steps=1");
    assertAll(
        () -> assertEquals(0, more.exitCode(), more.err()),
        () -> assertTrue(more.err().contains("going on from step 2 in"), more.err()),
        () -> assertArrayEquals(weights(whole), weights(run)));

    Result none = CliRun.cli("train", "--resume", run.toString());
    String note = "nothing to do: step 4 of --max-steps 4 was done before; a larger one goes on";
    assertAll(
        () -> assertEquals(0, none.exitCode(), none.err()),
        () -> assertTrue(none.err().contains(note), none.err()),
        () -> assertFalse(more.err().contains("nothing to do"), more.err()));
  }

  @Test
  void anInterruptedRunSaysHowToGoOn() {
    CliRun cli = new CliRun();
    cli.interruption().request();
    Path run = run("interrupted");
    Result result = train(cli, data, run);
    assertAll(
        () -> assertEquals(130, result.exitCode()),
        () -> assertEquals("", result.out()),
        () ->
            assertTrue(
                result
                    .err()
                    .endsWith(
                        "gpt2j: interrupted after step 0; to go on: bin/cli train --resume %s\n"
                            .formatted(run)),
                result.err()));
  }

  @Test
  void theLineThatChangesIsOnTheTerminalAlone() {
    Result seen = train(new CliRun().onTerminal(), data, run("seen"), "--max-steps=3");
    Result unseen = train(data, run("unseen"), "--max-steps=3");
    assertAll(
        () -> assertTrue(seen.err().contains("% of peak"), seen.err()),
        () -> assertTrue(seen.err().contains("\r"), seen.err()),
        () -> assertEquals(-1, unseen.err().indexOf('\r')));
  }

  @Test
  void theModelOfTheEnvironmentIsNotTrained() {
    Result result =
        train(
            new CliRun().environment(java.util.Map.of("GPT2J_MODEL", "/none")),
            data,
            run("environment"),
            "--max-steps=1");
    assertEquals(0, result.exitCode(), result.err());
  }
}
