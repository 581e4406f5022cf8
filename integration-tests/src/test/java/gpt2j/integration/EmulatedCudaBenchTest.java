package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.Benchmarks;
import gpt2j.bench.ResultDirectory;
import gpt2j.bench.context.BenchContext;
import gpt2j.bench.context.MachineWatch;
import gpt2j.bench.context.RunListener;
import gpt2j.bench.result.BenchmarkCommand;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.CompareResult;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.ProfileMeasurement;
import gpt2j.bench.result.ProfiledStep;
import gpt2j.bench.result.ResultFile;
import gpt2j.bench.result.RooflineMeasurement;
import gpt2j.bench.result.RooflinePoint;
import gpt2j.model.gpt2.checkpoint.RandomCheckpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.testkit.ReferenceBackendProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every benchmark on the emulated CUDA driver: what it reports is of the work that was asked for.
 */
@ExtendWith(EmulatedDriver.class)
final class EmulatedCudaBenchTest {
  private static final int LAYERS = 2;
  private static final int BATCH = 2;
  private static final int PROMPT = 5;
  private static final int NEW = 4;

  @TempDir Path folder;

  private Benchmarks benchmarks() {
    return new Benchmarks(
        new BenchContext(
            Map.of("cuda", Backends.provider("cuda"), "reference", new ReferenceBackendProvider()),
            System::nanoTime,
            MachineWatch.NONE,
            folder.resolve("models"),
            "test",
            () -> false,
            RunListener.NONE),
        List.of());
  }

  private GridSettings settings(String backend, List<Boolean> useCache) {
    Path model = folder.resolve("tiny");
    if (!Files.exists(model)) {
      Gpt2Config config =
          Gpt2Config.builder()
              .layers(LAYERS)
              .heads(2)
              .embeddingWidth(16)
              .contextLength(16)
              .vocabularySize(40)
              .build();
      RandomCheckpoint.write(model, config, 0, DataType.F32, fraction -> {});
    }
    return new GridSettings(
        List.of(model.toString()),
        List.of(backend),
        List.of(WeightFormat.F32),
        OptionalInt.empty(),
        useCache,
        List.of(BATCH),
        List.of(PROMPT),
        List.of(NEW),
        2,
        1,
        0);
  }

  private ResultDirectory out() {
    return ResultDirectory.create(folder.resolve("out"));
  }

  /** What holds for every benchmark, and that its file says the same. */
  private <T extends BenchmarkResult> T checked(Class<T> type, BenchmarkResult result) {
    assertTrue(result.header().complete());
    assertTrue(
        result.header().devices().stream().anyMatch(device -> device.backend().equals("cuda")));
    BenchmarkResult read = ResultFile.read(folder.resolve("out").resolve(ResultFile.NAME));
    assertEquals(result, read);
    return assertInstanceOf(type, read);
  }

  private static void assertCase(Measurement measurement) {
    assertEquals("cuda", measurement.benchmarkCase().backend());
    assertEquals(2, measurement.samples().size());
    measurement
        .samples()
        .forEach(
            sample -> {
              assertEquals(NEW - 1, sample.stepNanos().size());
              assertTrue(sample.stepNanos().stream().allMatch(nanos -> nanos > 0));
              assertTrue(sample.prefillNanos() > 0);
              assertTrue(sample.firstTokenNanos() >= sample.prefillNanos());
            });
    // Keys and values of two layers, 16 wide, in float32; the last token isn't evaluated.
    long perToken = 2 * LAYERS * 16 * Float.BYTES;
    assertEquals(BATCH * (PROMPT + NEW - 1) * perToken, measurement.memory().cacheUsedBytes());
    assertTrue(measurement.memory().cacheAllocatedBytes() >= measurement.memory().cacheUsedBytes());
    assertTrue(measurement.memory().deviceBytes().get(Usage.WEIGHTS) > 0);
  }

  @Test
  void throughput() {
    var result =
        checked(
            GridResult.class,
            benchmarks()
                .grid(BenchmarkCommand.THROUGHPUT, settings("cuda", List.of(true, false)), out()));
    assertEquals(2, result.measurements(Measurement.class).size());
    result.measurements(Measurement.class).forEach(EmulatedCudaBenchTest::assertCase);
  }

  @Test
  void trace() {
    var result =
        checked(
            GridResult.class,
            benchmarks().grid(BenchmarkCommand.TRACE, settings("cuda", List.of(true)), out()));
    result.measurements(Measurement.class).forEach(EmulatedCudaBenchTest::assertCase);
  }

  @Test
  void experiment() {
    var result =
        checked(
            GridResult.class,
            benchmarks()
                .grid(BenchmarkCommand.EXPERIMENT, settings("cuda", List.of(true, false)), out()));
    assertEquals(2, result.measurements(Measurement.class).size());
    result.measurements(Measurement.class).forEach(EmulatedCudaBenchTest::assertCase);
  }

  @Test
  void profile() {
    var result =
        checked(
            GridResult.class,
            benchmarks()
                .grid(BenchmarkCommand.PROFILE, settings("cuda", List.of(true, false)), out()));
    assertEquals(2, result.measurements(ProfileMeasurement.class).size());
    for (var measurement : result.measurements(ProfileMeasurement.class)) {
      assertEquals(2 * NEW, measurement.steps().size());
      assertEquals(2 * (NEW - 1), measurement.unprofiledStepNanos().size());
      for (ProfiledStep step : measurement.steps()) {
        Set<String> sections = step.sectionNanos().keySet();
        assertTrue(
            sections.containsAll(
                Set.of("embedding", "qkv", "attention", "attn_proj", "mlp_fc", "mlp_proj", "head")),
            sections::toString);
        long sum = step.sectionNanos().values().stream().mapToLong(nanos -> nanos).sum();
        assertTrue(sum > 0 && sum <= step.totalNanos(), step::toString);
        assertEquals(
            step.totalNanos(), step.components().values().stream().mapToLong(nanos -> nanos).sum());
      }
    }
  }

  @Test
  void compareWithAnotherBackend() {
    var result =
        checked(
            CompareResult.class,
            benchmarks().compare(settings("reference", List.of(true)), "backend=cuda", out()));
    assertEquals(1, result.comparisons().size());
    assertEquals("reference", result.comparisons().getFirst().a().backend());
    result.measurementsB().forEach(EmulatedCudaBenchTest::assertCase);
    result.comparisons().getFirst().ratios().forEach(ratio -> assertTrue(ratio.ratio() > 0));
  }

  @Test
  void roofline() {
    var result =
        checked(
            GridResult.class,
            benchmarks().grid(BenchmarkCommand.ROOFLINE, settings("cuda", List.of(true)), out()));
    RooflineMeasurement measurement = result.measurements(RooflineMeasurement.class).getFirst();
    assertTrue(measurement.peakBytesPerSecond() > 0);
    assertTrue(measurement.peakOperationsPerSecond() > 0);
    for (Phase phase : Phase.values()) {
      Set<String> names =
          measurement.points().stream()
              .filter(point -> point.phase() == phase)
              .map(RooflinePoint::name)
              .collect(Collectors.toSet());
      assertTrue(
          names.containsAll(Set.of(RooflinePoint.STEP, "qkv", "attention", "mlp_fc", "head")),
          names::toString);
    }
  }
}
