package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.bench.result.BaselinesResult;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.result.ResultFile;
import gpt2j.cli.CliRun.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Benchmarks from the command line; what they measure is tested where they are. */
class BenchTest {
  @TempDir private Path directory;
  private String model = "";
  private Path out = Path.of("");

  @BeforeEach
  void prepare() {
    model = Checkpoints.tiny(directory.resolve("model")).toString();
    out = directory.resolve("out");
  }

  private Result bench(String command, String... options) {
    return bench(new CliRun(), command, options);
  }

  private Result bench(CliRun run, String command, String... options) {
    return run.run(
        TinyModel.join(
            new String[] {"bench", command, "--backend=reference", "--model", model},
            TinyModel.join(
                new String[] {"--repetitions=2", "--warmup=0", "--out", out.toString()}, options)));
  }

  @Test
  void throughputPrintsItsTableAndKeepsItsSamples() throws IOException {
    Result result =
        bench(
            new CliRun().onThisMachine(),
            "throughput",
            "--batch=1,3",
            "--prompt-tokens=4",
            "--new-tokens=3",
            "--format=csv");
    assertEquals(0, result.exitCode(), result.err());
    List<String> lines = result.out().lines().toList();
    assertEquals(5, lines.size(), result.out());
    assertTrue(
        lines.getFirst().startsWith("model,weights MiB,parameters M,backend,"), result.out());
    assertTrue(lines.get(1).contains(",pp4+tg3,"), result.out());
    assertTrue(lines.get(4).contains(",pp4+tg3 b3 no cache,"), result.out());
    assertTrue(result.err().endsWith("gpt2j: results are in " + out + "\n"), result.err());
    var kept = (GridResult) ResultFile.read(out.resolve("result.json"));
    assertAll(
        () -> assertTrue(kept.header().complete()),
        () -> assertEquals(4, kept.measurements(Measurement.class).size()),
        () -> assertEquals(2, kept.measurements(Measurement.class).getFirst().samples().size()),
        () -> assertEquals(result.out(), Files.readString(out.resolve("table.csv"))),
        () -> assertTrue(Files.readString(out.resolve("table.md")).startsWith("| model")));
  }

  @Test
  void aRunCanBeRunAgainFromItsFileAndGoneOnWith() throws IOException {
    assertEquals(
        0, bench("experiment", "--prompt-tokens=4", "--new-tokens=2,5").exitCode(), "the first");
    Path again = directory.resolve("again");
    Result second =
        CliRun.cli(
            "bench",
            "experiment",
            "--config=" + out.resolve("result.json"),
            "--model=" + model,
            "--out=" + again,
            "--format=json");
    assertEquals(0, second.exitCode(), second.err());
    assertTrue(second.out().contains("\"speedup ×\""), second.out());
    var first = (GridResult) ResultFile.read(out.resolve("result.json"));
    var repeated = (GridResult) ResultFile.read(again.resolve("result.json"));
    assertEquals(first.settings(), repeated.settings());

    byte[] before = Files.readAllBytes(again.resolve("result.json"));
    Result resumed =
        CliRun.cli("bench", "experiment", "--resume", again.toString(), "--model", model);
    assertEquals(0, resumed.exitCode(), resumed.err());
    var after = (GridResult) ResultFile.read(again.resolve("result.json"));
    assertEquals(repeated.measurements(), after.measurements(), "nothing is measured again");
    assertTrue(before.length > 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"profile", "roofline", "compare"})
  void whatWasMeasuredOnceCanBeMeasuredAgain(String command) {
    String[] options = {"--prompt-tokens=4", "--new-tokens=3", "--batch=2"};
    Result first =
        bench(
            command,
            command.equals("compare") ? TinyModel.join(options, "--vs=use-cache=false") : options);
    assertEquals(0, first.exitCode(), first.err());
    Path again = directory.resolve("again");
    Path file = out.resolve("result.json");
    Result second =
        CliRun.cli("bench", command, "--config=" + file, "--model=" + model, "--out=" + again);
    assertEquals(0, second.exitCode(), second.err());
    BenchmarkResult before = ResultFile.read(file);
    BenchmarkResult after = ResultFile.read(again.resolve("result.json"));
    assertEquals(before.getClass(), after.getClass());
    assertEquals(ResultFile.gridSettings(before), ResultFile.gridSettings(after));
    assertEquals(tableLines(first), tableLines(second)); // the notes tell what the machine was like

    Result both = CliRun.cli("bench", command, "--config=" + file, "--batch=3");
    assertEquals(2, both.exitCode());
    assertTrue(both.err().contains("--config and --batch exclude each other"), both.err());
  }

  private static long tableLines(Result result) {
    return result.out().lines().filter(line -> line.startsWith("|")).count();
  }

  @Test
  void whatIsNotInstalledIsNamedAndSettingsCanBeMeasuredAgain() throws IOException {
    Result result =
        CliRun.cli(
            "bench",
            "baselines",
            "--backend=reference",
            "--model=" + model,
            "--programs=transformers,llama.cpp,jlama",
            "--python=" + directory.resolve("no-python"),
            "--llama-bench=" + directory.resolve("no-llama-bench"),
            "--random-models=" + directory.resolve("models"),
            "--precision=f32",
            "--prefill-tokens=6",
            "--prompt-tokens=4",
            "--new-tokens=3",
            "--batch=1,2",
            "--rounds=2",
            "--out=" + out);
    assertEquals(0, result.exitCode(), result.err());
    assertTrue(result.out().contains("absent: there is no no-python that could"), result.out());
    String said = "there is no " + directory.resolve("no-python");
    assertTrue(result.err().contains(said), result.err());
    assertTrue(result.out().contains("absent: its jars aren't here; --download"), result.out());
    var first = (BaselinesResult) ResultFile.read(out.resolve("result.json"));
    assertEquals(6, first.measurements().size());
    assertFalse(Files.readString(out.resolve("result.json")).contains("no-python\""));

    Path again = directory.resolve("again");
    Result second =
        CliRun.cli(
            "bench",
            "baselines",
            "--config=" + out.resolve("result.json"),
            "--model=" + model,
            "--timeout=5",
            "--python=" + directory.resolve("no-python"),
            "--llama-bench=" + directory.resolve("no-llama-bench"),
            "--random-models=" + directory.resolve("models"),
            "--out=" + again);
    assertEquals(0, second.exitCode(), second.err());
    var repeated = (BaselinesResult) ResultFile.read(again.resolve("result.json"));
    assertEquals(first.settings(), repeated.settings());
    assertEquals(6, repeated.measurements().size());

    Result other = CliRun.cli("bench", "peers", "--resume", again.toString(), "--rounds=3");
    assertEquals(2, other.exitCode());
    assertTrue(other.err().contains("--resume and --rounds exclude each other"), other.err());
  }

  /** Results don't say where a checkpoint is, so who measures again does. */
  @ParameterizedTest
  @ValueSource(strings = {"--config", "--resume"})
  void whereACheckpointIsMustBeSaidAgain(String option) throws IOException {
    assertEquals(0, bench("trace", "--prompt-tokens=4", "--new-tokens=2").exitCode());
    Path file = out.resolve("result.json");
    assertFalse(Files.readString(file).contains(directory.toString()));
    Path from = option.equals("--config") ? file : out;
    Result missing = CliRun.cli("bench", "trace", option, from.toString());
    assertEquals(2, missing.exitCode());
    assertEquals(
        "gpt2j: %s: was measured on the checkpoint model; say with --model where it is\n"
            .formatted(from),
        missing.err());
    Path other = Checkpoints.tiny(directory.resolve("other"));
    Result wrong = CliRun.cli("bench", "trace", option, from.toString(), "--model=" + other);
    assertEquals(2, wrong.exitCode());
    assertEquals(
        "gpt2j: --model: %s was measured on model, not on other\n".formatted(from), wrong.err());
    Path to = directory.resolve("compared");
    Result folders = CliRun.cli("bench", "compare", out.toString(), file.toString(), "--out=" + to);
    assertEquals(0, folders.exitCode(), folders.err());
    Result compared =
        CliRun.cli("bench", "compare", file.toString(), file.toString(), "--model=" + model);
    assertEquals(2, compared.exitCode());
    assertEquals(1, compared.err().lines().count(), compared.err());
  }

  @Test
  void aDirectoryInUseIsNotTouched() throws IOException {
    Files.createDirectories(out);
    Files.writeString(out.resolve("mine"), "");
    Result result = bench("trace", "--prompt-tokens=4", "--new-tokens=2");
    assertEquals(1, result.exitCode());
    assertEquals(
        "gpt2j: %s: isn't empty; give another --out, or go on with --resume %s\n"
            .formatted(out, out),
        result.err());
  }

  @Test
  void anUnknownBenchmarkIsToldWhichThereAre() {
    Result unknown = CliRun.cli("bench", "nosuch", "--size=gpt2");
    assertEquals(2, unknown.exitCode());
    assertEquals(
        "gpt2j: unknown command bench 'nosuch'; bench has the commands throughput, trace,"
            + " experiment, profile, compare, roofline, baselines or visualize; bench --help"
            + " explains them\n",
        unknown.err());
  }

  @Test
  void baselinesThatDoNotFitTheModelAreNotStarted() {
    Result result =
        CliRun.cli(
            "bench",
            "baselines",
            "--backend=reference",
            "--python=/bin/false",
            "--precision=f32",
            "--model=" + model,
            "--out=" + out);
    assertEquals(2, result.exitCode());
    assertEquals(1, result.errors().size(), result.err());
    assertTrue(
        result.errors().getFirst().contains("512 prompt tokens and 1 new one don't fit"),
        result.err());
  }

  @Test
  void whatDoesNotFitTheModelIsSaidAndLeavesNothing() {
    Result result = bench("trace", "--prompt-tokens=30", "--new-tokens=4");
    assertEquals(2, result.exitCode());
    assertEquals(
        "gpt2j: 30 prompt tokens and 4 new ones don't fit model's context of 32\n", result.err());
    assertFalse(Files.exists(out));
  }

  @Test
  void anInterruptedRunSaysHowToGoOn() {
    CliRun run = new CliRun();
    run.interruption().request();
    Result result =
        run.run("bench", "trace", "--backend=reference", "--model", model, "--out", out.toString());
    assertEquals(130, result.exitCode());
    assertTrue(result.err().startsWith("gpt2j: interrupted"), result.err());
  }

  @Test
  void benchAloneNamesItsCommands() {
    Result result = CliRun.cli("bench");
    assertEquals(2, result.exitCode());
    assertTrue(result.err().startsWith("gpt2j: bench needs a command: throughput, "), result.err());
  }

  @Test
  void anUnknownBenchmarkIsRefused() {
    Result result = CliRun.cli("bench", "thoughput");
    assertEquals(2, result.exitCode());
    assertEquals("", result.out());
    assertEquals(1, result.err().lines().count(), result.err());
  }
}
