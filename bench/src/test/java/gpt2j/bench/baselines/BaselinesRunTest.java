package gpt2j.bench.baselines;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.context.ProgramOptions;
import gpt2j.bench.context.RunListener;
import gpt2j.bench.fake.FakeBench;
import gpt2j.bench.fake.FakeDevice;
import gpt2j.bench.fake.Latencies;
import gpt2j.bench.fake.VirtualTime;
import gpt2j.bench.measure.RunContext;
import gpt2j.bench.measure.RunLog;
import gpt2j.bench.result.BaselinesResult;
import gpt2j.bench.result.BaselinesSettings;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.ProgramMeasurement;
import gpt2j.bench.result.ProgramSummary;
import gpt2j.bench.result.setup.Program;
import gpt2j.bench.table.Table;
import gpt2j.bench.table.Tables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Beside programs that take known times, fail, hang, or aren't there. */
final class BaselinesRunTest {
  private static final Duration PATIENT = Duration.ofSeconds(60);
  private static final int ROUNDS = 2;

  @TempDir Path folder;
  private final VirtualTime time = new VirtualTime();
  private final Latencies latencies = new Latencies(1);
  private final List<String> notes = new ArrayList<>();

  private FakeBench bench() {
    FakeDevice device = new FakeDevice("fake", time, latencies);
    return new FakeBench(folder, time, device.alone()).listener(listener(_ -> {}));
  }

  private RunListener listener(Consumer<String> task) {
    return new RunListener() {
      @Override
      public void progressed(String now, long done, long total) {
        assertTrue(done >= 0 && done <= total, now);
        task.accept(now);
      }

      @Override
      public void note(String line) {
        notes.add(line);
      }
    };
  }

  private static BaselinesSettings settings(FakeBench bench, WeightFormat precision) {
    return new BaselinesSettings(
        bench.model(),
        List.of(),
        "fake",
        List.of(precision),
        OptionalInt.empty(),
        List.of(1, 3),
        12,
        6,
        5,
        ROUNDS,
        0);
  }

  private BaselinesResult run(FakeBench bench, Duration patience, BaselineProgram... programs) {
    return run(bench, patience, WeightFormat.F32, List.of(), List.of(), _ -> {}, programs);
  }

  private static BaselinesResult run(
      FakeBench bench,
      Duration patience,
      WeightFormat precision,
      List<ProgramSummary> before,
      List<ProgramMeasurement> measured,
      Consumer<BenchmarkResult> save,
      BaselineProgram... programs) {
    return (BaselinesResult)
        new BaselinesRun(
                new RunContext(bench.context(), new RunLog("1.2.3"), save),
                settings(bench, precision),
                List.of(programs),
                patience,
                before,
                measured)
            .run();
  }

  private FakePrograms fakes() {
    return new FakePrograms(folder);
  }

  private static List<ProgramMeasurement> of(BaselinesResult result, String name) {
    return result.measurements().stream().filter(m -> m.program().equals(name)).toList();
  }

  private static ProgramSummary program(BaselinesResult result, String name) {
    return result.programs().stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void timesAreThoseThatProgramsTell() {
    FakeBench bench = bench();
    BaselinesResult result = run(bench, PATIENT, fakes().steady("steady"));
    assertTrue(result.header().complete());
    assertTrue(result.settings().threads().isPresent());
    assertEquals("fake 1", program(result, "steady").version());
    List<ProgramMeasurement> theirs = of(result, "steady");
    assertEquals(3 * ROUNDS, theirs.size());
    for (ProgramMeasurement m : theirs) {
      boolean prefill = m.phase() == Phase.PREFILL;
      assertEquals(prefill ? 3 : 4, m.nanos().size());
      assertEquals(
          List.of(prefill ? FakePrograms.PREFILL : FakePrograms.STEP),
          m.nanos().stream().distinct().toList());
      assertEquals(prefill ? 12 : 5, m.tokens());
      assertEquals(prefill ? 1 : 5, m.drawn().size());
    }
    // Ours, on the fake device's clock.
    ProgramMeasurement decode =
        of(result, ProgramSummary.GPT2J).stream()
            .filter(m -> m.phase() == Phase.DECODE && m.batch() == 3)
            .findFirst()
            .orElseThrow();
    long last = VirtualTime.LAUNCH + latencies.decode(FakeBench.LAYERS, 3, 10);
    assertEquals(last, decode.nanos().getLast());
    String row =
        Tables.format(result, Table.Format.CSV)
            .lines()
            .filter(line -> line.startsWith("steady") && line.contains(",tg5 b3,"))
            .findFirst()
            .orElseThrow();
    double median = decode.nanos().stream().sorted().skip(1).limit(2).mapToLong(n -> n).sum() / 2.0;
    assertEquals(FakePrograms.STEP / median, Double.parseDouble(row.split(",")[8]), 1e-9, row);
  }

  @Test
  void programsTakeTurns() {
    BaselinesResult result = run(bench(), PATIENT, fakes().steady("b"), fakes().steady("c"));
    List<String> prefills =
        result.measurements().stream()
            .filter(m -> m.phase() == Phase.PREFILL)
            .map(m -> m.round() + m.program())
            .toList();
    assertEquals(List.of("0gpt2j", "0b", "0c", "1c", "1b", "1gpt2j"), prefills);
  }

  @Test
  void whatFailsOrIsAbsentIsNamedAndTheRestGoesOn() {
    BaselinesResult result =
        run(
            bench(),
            PATIENT,
            fakes().absent("absent"),
            FakePrograms.missing("missing"),
            fakes().failing("failing"),
            fakes().single("single"),
            fakes().steady("steady"));
    assertAll(
        () -> assertTrue(result.header().complete()),
        () -> assertTrue(program(result, "absent").neverRan()),
        () -> assertEquals(List.of("No module named torch"), program(result, "absent").missing()),
        () ->
            assertEquals(
                List.of("there is no no-such-program-anywhere on the PATH that could be started"),
                program(result, "missing").missing()),
        () ->
            assertEquals(
                List.of("f32: ended with exit code 3: out of memory"),
                program(result, "failing").missing()),
        () -> assertEquals(List.of(), of(result, "failing")),
        () ->
            assertEquals(List.of("f32 tg5 b3: one at a time"), program(result, "single").missing()),
        () -> assertEquals(2 * ROUNDS, of(result, "single").size()),
        () -> assertEquals(3 * ROUNDS, of(result, "steady").size()),
        () -> assertEquals(3 * ROUNDS, of(result, ProgramSummary.GPT2J).size()),
        () -> assertEquals(List.of(), program(result, "steady").missing()));
    String table = Tables.format(result, Table.Format.MD);
    assertTrue(table.contains("absent: No module named torch"), table);
    assertTrue(table.contains("not measured: f32 tg5 b3: one at a time"), table);
    assertEquals(4, notes.size(), notes::toString);
  }

  /** No program is given what it would take for weights in f32. */
  @Test
  void quantisedWeightsAreOursAlone() {
    BaselinesResult result =
        run(
            bench(),
            PATIENT,
            WeightFormat.Q8_0,
            List.of(),
            List.of(),
            _ -> {},
            fakes().steady("steady"));
    assertEquals(
        List.of("it isn't told so far how to quantise weights"),
        program(result, "steady").missing());
    assertEquals(3 * ROUNDS, of(result, ProgramSummary.GPT2J).size());
  }

  @Test
  void whatHangsIsEnded() throws IOException {
    BaselinesResult result =
        run(bench(), Duration.ofSeconds(5), fakes().hanging("hanging"), fakes().steady("steady"));
    assertTrue(
        program(result, "hanging").missing().getFirst().startsWith("f32: didn't answer within "),
        result.programs()::toString);
    long pid = Long.parseLong(Files.readString(folder.resolve("hanging.pid")).strip());
    assertFalse(ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false));
    assertEquals(3 * ROUNDS, of(result, "steady").size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Segmentation fault",
        "{\"nanos\":[1,2]",
        "[]",
        "{\"nanos\":[5],\"drawn\":[1,2]}",
        "{\"nanos\":[-5],\"drawn\":[1]}",
        "{\"nanos\":[0.5],\"drawn\":[1]}",
        "{\"nanos\":[1e99],\"drawn\":[1]}",
        "{\"nanos\":[\"5\"],\"drawn\":[1]}",
        "{\"nanos\":[5],\"drawn\":[50]}",
        "{\"nanos\":[5],\"drawn\":[-1]}",
        "{\"nanos\":[5,6,7,8],\"drawn\":[1]}",
      })
  void whatIsNoAnswerIsNotBelieved(String line) {
    BaselinesResult result = run(bench(), PATIENT, fakes().answering("odd", line));
    assertEquals(List.of(), of(result, "odd"));
    assertTrue(
        program(result, "odd")
            .missing()
            .getFirst()
            .startsWith("f32: answered what isn't an answer"),
        result.programs()::toString);
  }

  @Test
  void anInterruptedRunGoesOn() {
    FakeBench bench = bench();
    List<BaselinesResult> saved = new ArrayList<>();
    bench.listener(
        listener(
            _ -> {
              if (!saved.isEmpty() && saved.getLast().measurements().size() > 3) {
                bench.cancelled().set(true);
              }
            }));
    BaselineProgram steady = fakes().steady("steady");
    assertThrows(
        CancellationException.class,
        () ->
            run(
                bench,
                PATIENT,
                WeightFormat.F32,
                List.of(),
                List.of(),
                result -> saved.add((BaselinesResult) result),
                steady));
    BaselinesResult first = saved.getLast();
    assertFalse(first.header().complete());
    bench.cancelled().set(false);
    bench.listener(RunListener.NONE);
    BaselinesResult second =
        run(
            bench,
            PATIENT,
            WeightFormat.F32,
            first.programs(),
            first.measurements(),
            _ -> {},
            steady);
    assertTrue(second.header().complete());
    assertEquals(2 * 3 * ROUNDS, second.measurements().size());
    assertEquals(
        first.measurements(), second.measurements().subList(0, first.measurements().size()));
    var places = new HashSet<List<Object>>();
    second
        .measurements()
        .forEach(m -> places.add(List.of(m.program(), m.phase(), m.batch(), m.round())));
    assertEquals(second.measurements().size(), places.size());
  }

  @Test
  void aScriptWithoutItsLibrariesSaysSo() throws IOException {
    assumeTrue(
        new ProcessBuilder("sh", "-c", "command -v python3").start().onExit().join().exitValue()
            == 0,
        "there is no python3");
    try (InstalledPrograms programs =
        new InstalledPrograms(
            new ProgramOptions(
                // a Python that knows no installed packages
                fakes().file("python", "#!/bin/sh\nexec python3 -E -s -S \"$@\"\n").toString(),
                "no-llama-bench-anywhere",
                false,
                PATIENT))) {
      BaselinesResult result =
          run(
              bench(),
              PATIENT,
              programs.of(List.of(Program.values())).toArray(BaselineProgram[]::new));
      for (String name : List.of("transformers", "nanogpt", "nanogpt-cache")) {
        String reason = program(result, name).missing().getFirst();
        assertTrue(reason.startsWith("No module named "), reason);
      }
      assertEquals(
          List.of("there is no no-llama-bench-anywhere on the PATH that could be started"),
          program(result, "llama.cpp").missing());
      assertEquals(
          List.of(
              "its jars aren't here; --download has Maven bring them, 15 MB, from Maven Central"),
          program(result, "jlama").missing());
      assertTrue(result.programs().subList(1, 6).stream().allMatch(ProgramSummary::neverRan));
    }
  }
}
