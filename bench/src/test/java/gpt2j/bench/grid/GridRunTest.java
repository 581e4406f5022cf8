package gpt2j.bench.grid;

import static gpt2j.bench.fake.FakeBench.LAYERS;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.ResultDirectory;
import gpt2j.bench.context.BenchException;
import gpt2j.bench.context.RunListener;
import gpt2j.bench.fake.FakeBench;
import gpt2j.bench.fake.FakeDevice;
import gpt2j.bench.fake.Latencies;
import gpt2j.bench.fake.VirtualTime;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.BenchmarkCommand;
import gpt2j.bench.result.GenerationSample;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.result.ResultFile;
import gpt2j.bench.statistics.Figures;
import gpt2j.bench.statistics.Statistics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On a device of known latencies every figure is right, to the nanosecond. */
final class GridRunTest {
  private static final long LAUNCH = VirtualTime.LAUNCH;

  @TempDir Path folder;
  private final VirtualTime time = new VirtualTime();
  private final Latencies latencies = new Latencies(1);
  private final FakeDevice device = new FakeDevice("fake", time, latencies);

  private FakeBench bench() {
    return new FakeBench(folder, time, device.alone());
  }

  private ResultDirectory out() {
    return ResultDirectory.create(folder.resolve("out"));
  }

  /** What a repetition takes by the table of latencies. */
  private GenerationSample expected(BenchmarkCase of) {
    int batch = of.batch();
    int prompt = of.promptTokens();
    long prefill = LAUNCH + latencies.prefill(LAYERS, batch, prompt);
    long first = prefill + LAUNCH + latencies.first(batch);
    List<Long> steps =
        LongStream.range(1, of.newTokens())
            .map(
                i -> {
                  int length = prompt + (int) i;
                  return LAUNCH
                      + (of.useCache()
                          ? latencies.decode(LAYERS, batch, length)
                          : latencies.prefill(LAYERS, batch, length) + latencies.first(batch));
                })
            .boxed()
            .toList();
    return new GenerationSample(prefill, first, steps);
  }

  @ParameterizedTest
  @CsvSource({"1, 5, 7", "1, 1, 2", "4, 9, 3", "32, 6, 4", "2, 100, 1", "1, 40, 120"})
  void everyLatencyIsTheDevices(int batch, int promptTokens, int newTokens) {
    FakeBench bench = bench();
    var result =
        (GridResult)
            bench
                .benchmarks()
                .grid(
                    BenchmarkCommand.THROUGHPUT,
                    bench.settings("fake", batch, promptTokens, newTokens),
                    out());
    assertEquals(2, result.measurements(Measurement.class).size());
    for (Measurement measurement : result.measurements(Measurement.class)) {
      GenerationSample expected = expected(measurement.benchmarkCase());
      assertEquals(List.of(expected, expected), measurement.samples());
    }
  }

  @Test
  void figuresFollowFromTheLatencies() {
    FakeBench bench = bench();
    GridSettings settings = cachedOnly(bench.settings("fake", 4, 20, 50), 1, 0);
    var result = (GridResult) bench.benchmarks().grid(BenchmarkCommand.THROUGHPUT, settings, out());
    Measurement cached = result.measurements(Measurement.class).getFirst();
    Figures figures = new Figures(cached);
    // The k-th step has 20 + k tokens: the steps' times rise evenly, and so percentiles are linear.
    double smallest = LAUNCH + latencies.decode(LAYERS, 4, 21);
    double largest = LAUNCH + latencies.decode(LAYERS, 4, 69);
    double prefill = LAUNCH + latencies.prefill(LAYERS, 4, 20);
    double decode = 49 * (smallest + largest) / 2;
    double first = prefill + LAUNCH + latencies.first(4);
    assertAll(
        () -> assertTrue(cached.benchmarkCase().useCache()),
        () -> assertEquals((smallest + largest) / 2, figures.stepNanos(50), 1e-6),
        () -> assertEquals(smallest + 0.95 * (largest - smallest), figures.stepNanos(95), 1e-6),
        () -> assertEquals(smallest + 0.99 * (largest - smallest), figures.stepNanos(99), 1e-6),
        () -> assertEquals(first, Statistics.median(figures.firstTokenNanos())),
        () -> assertEquals(4 * 20 * 1e9 / prefill, figures.prefillRates()[0], 1e-3),
        () -> assertEquals(4 * 49 * 1e9 / decode, figures.decodeRates()[0], 1e-3),
        () -> assertEquals(4 * 50 * 1e9 / (first + decode), figures.endToEndRates()[0], 1e-3));
  }

  @Test
  void whatTheDeviceSlowsDownForShowsInTheTailOnly() {
    device.hiccups(20, 1_000_000);
    FakeBench bench = bench();
    GridSettings settings = cachedOnly(bench.settings("fake", 1, 10, 101), 1, 0);
    var result = (GridResult) bench.benchmarks().grid(BenchmarkCommand.THROUGHPUT, settings, out());
    Figures figures = new Figures(result.measurements(Measurement.class).getFirst());
    // Draws 20, 40, 60, 80, 100 of 101, the first of which is no step: 5 slow steps of 100.
    List<Double> steps = new ArrayList<>();
    for (int i = 1; i <= 100; i++) {
      boolean slow = (i + 1) % 20 == 0;
      steps.add(LAUNCH + latencies.decode(LAYERS, 1, 10 + i) + (slow ? 1e6 : 0));
    }
    Collections.sort(steps);
    assertAll(
        () -> assertEquals((steps.get(49) + steps.get(50)) / 2, figures.stepNanos(50), 1e-6),
        () -> assertEquals(between(steps, 94.05), figures.stepNanos(95), 1e-3),
        () -> assertEquals(between(steps, 98.01), figures.stepNanos(99), 1e-3),
        () -> assertTrue(figures.stepNanos(50) < 100_000),
        () -> assertTrue(figures.stepNanos(99) > 1_000_000));
  }

  private static double between(List<Double> sorted, double rank) {
    int below = (int) rank;
    return sorted.get(below) * (below + 1 - rank) + sorted.get(below + 1) * (rank - below);
  }

  @Test
  void theWarmUpIsLeftOut() {
    device.coldFor(2 * 6); // a cached and an uncached generation of 6 tokens
    FakeBench bench = bench();
    var result =
        (GridResult)
            bench
                .benchmarks()
                .grid(BenchmarkCommand.THROUGHPUT, bench.settings("fake", 3, 8, 6), out());
    for (Measurement measurement : result.measurements(Measurement.class)) {
      GenerationSample expected = expected(measurement.benchmarkCase());
      assertEquals(List.of(expected, expected), measurement.samples());
    }
    assertEquals(2 * 3 * 6, device.draws());
  }

  @Test
  void withoutWarmUpTheColdDeviceShows() {
    device.coldFor(6);
    FakeBench bench = bench();
    GridSettings settings = cachedOnly(bench.settings("fake", 3, 8, 6), 2, 0);
    var result = (GridResult) bench.benchmarks().grid(BenchmarkCommand.THROUGHPUT, settings, out());
    Measurement measurement = result.measurements(Measurement.class).getFirst();
    long warm = expected(measurement.benchmarkCase()).totalNanos();
    assertTrue(measurement.samples().getFirst().totalNanos() > 9 * warm);
    assertEquals(warm, measurement.samples().getLast().totalNanos());
  }

  @Test
  void theSpeedupIsTheRatioOfTheTimes() {
    FakeBench bench = bench();
    var result =
        (GridResult)
            bench
                .benchmarks()
                .grid(BenchmarkCommand.EXPERIMENT, bench.settings("fake", 1, 30, 60), out());
    Figures cached = new Figures(result.measurements(Measurement.class).getFirst());
    Figures uncached = new Figures(result.measurements(Measurement.class).getLast());
    BenchmarkCase of = result.measurements(Measurement.class).getFirst().benchmarkCase();
    double speedup =
        (double) expected(of.withUseCache(false)).totalNanos() / expected(of).totalNanos();
    assertTrue(speedup > 1.5, "the latencies make the cache worth having: " + speedup);
    assertEquals(speedup, uncached.speedup(cached).estimate(), 1e-9);
  }

  @Test
  void aTraceHasEveryToken() {
    FakeBench bench = bench();
    var result =
        (GridResult)
            bench
                .benchmarks()
                .grid(BenchmarkCommand.TRACE, bench.settings("fake", 2, 7, 33), out());
    for (Measurement measurement : result.measurements(Measurement.class)) {
      assertEquals(
          expected(measurement.benchmarkCase()).stepNanos(),
          measurement.samples().getLast().stepNanos());
    }
  }

  @Test
  void theCachesMemoryIsWhatWasAllocatedAndFilled() {
    FakeBench bench = bench();
    var result =
        (GridResult)
            bench
                .benchmarks()
                .grid(BenchmarkCommand.THROUGHPUT, bench.settings("fake", 4, 20, 11), out());
    for (Measurement measurement : result.measurements(Measurement.class)) {
      long bytes = 4 * 30 * FakeBench.cacheBytesPerToken(); // the last token isn't evaluated
      assertEquals(bytes, measurement.memory().cacheAllocatedBytes());
      assertEquals(bytes, measurement.memory().cacheUsedBytes());
      assertTrue(measurement.memory().deviceTotalBytes() > bytes);
    }
  }

  @Test
  void theCachesMemoryIsOfItsPrecision() {
    FakeBench bench = bench();
    var settings = bench.settings("fake/cache-precision=bf16", 4, 20, 11);
    var result = (GridResult) bench.benchmarks().grid(BenchmarkCommand.THROUGHPUT, settings, out());
    for (Measurement measurement : result.measurements(Measurement.class)) {
      long bytes = 4 * 30 * FakeBench.cacheBytesPerToken() / 2;
      assertEquals(bytes, measurement.memory().cacheUsedBytes());
      assertEquals(bytes, measurement.memory().cacheAllocatedBytes());
    }
  }

  @Test
  void anInterruptedRunKeepsWhatItHasAndGoesOn() {
    FakeBench bench = bench();
    GridSettings settings = severalCases(bench);
    Path directory = folder.resolve("out");
    // The end is wanted in the middle of the second of three sets.
    bench.listener(
        new RunListener() {
          @Override
          public void progressed(String task, long done, long total) {
            if (task.contains("tg5") && device.draws() > 2 * 2 * 3 + 7) {
              bench.cancelled().set(true);
            }
          }

          @Override
          public void note(String line) {}
        });
    try (ResultDirectory first = ResultDirectory.create(directory)) {
      assertThrows(
          CancellationException.class,
          () -> bench.benchmarks().grid(BenchmarkCommand.THROUGHPUT, settings, first));
      BenchException e =
          assertThrows(BenchException.class, () -> ResultDirectory.resume(directory));
      assertTrue(e.getMessage().contains("another process measures there"), e.getMessage());
    }
    Path file = directory.resolve(ResultFile.NAME);
    var before = (GridResult) ResultFile.read(file);
    int samplesBefore =
        before.measurements(Measurement.class).stream().mapToInt(m -> m.samples().size()).sum();
    assertFalse(before.header().complete());
    assertTrue(samplesBefore > 0 && samplesBefore < 12, "samples: " + samplesBefore);
    assertTrue(Files.exists(directory.resolve("table.md")));

    long drawsBefore = device.draws();
    bench.listener(RunListener.NONE).cancelled().set(false);
    GridResult after;
    try (ResultDirectory again = ResultDirectory.resume(directory)) {
      after = (GridResult) bench.benchmarks().grid(BenchmarkCommand.THROUGHPUT, settings, again);
    }
    assertEquals(after, ResultFile.read(file));
    assertTrue(after.header().complete());
    assertEquals(before.header().startedAt(), after.header().startedAt());
    assertEquals(6, after.measurements(Measurement.class).size());
    for (Measurement measurement : after.measurements(Measurement.class)) {
      GenerationSample expected = expected(measurement.benchmarkCase());
      assertEquals(List.of(expected, expected), measurement.samples());
    }
    assertTrue(device.draws() > drawsBefore);

    long drawsThen = device.draws();
    try (ResultDirectory again = ResultDirectory.resume(directory)) {
      bench.benchmarks().grid(BenchmarkCommand.THROUGHPUT, settings, again);
    }
    assertEquals(drawsThen, device.draws(), "nothing was missing, so nothing is measured");
  }

  private static GridSettings severalCases(FakeBench bench) {
    GridSettings one = bench.settings("fake", 1, 4, 3);
    return new GridSettings(
        one.models(),
        one.backends(),
        one.precisions(),
        one.threads(),
        one.useCache(),
        one.batches(),
        one.promptTokens(),
        List.of(3, 5, 7),
        2,
        1,
        0);
  }

  private static GridSettings cachedOnly(GridSettings settings, int repetitions, int warmup) {
    return new GridSettings(
        settings.models(),
        settings.backends(),
        settings.precisions(),
        settings.threads(),
        List.of(true),
        settings.batches(),
        settings.promptTokens(),
        settings.newTokens(),
        repetitions,
        warmup,
        0);
  }

  @Test
  void whatCannotBeIsRefusedInOneLine() {
    FakeBench bench = bench();
    GridSettings settings = bench.settings("fake", 1, 250, 8);
    BenchException tooLong =
        assertThrows(
            BenchException.class,
            () -> bench.benchmarks().grid(BenchmarkCommand.THROUGHPUT, settings, out()));
    assertEquals(
        "250 prompt tokens and 8 new ones don't fit tiny's context of 256", tooLong.getMessage());
    GridSettings unsupported =
        new GridSettings(
            settings.models(),
            settings.backends(),
            List.of(WeightFormat.F16),
            OptionalInt.empty(),
            settings.useCache(),
            settings.batches(),
            List.of(1),
            List.of(1),
            1,
            0,
            0);
    BenchException noSuchPrecision =
        assertThrows(
            BenchException.class,
            () ->
                bench
                    .benchmarks()
                    .grid(
                        BenchmarkCommand.THROUGHPUT,
                        unsupported,
                        ResultDirectory.create(folder.resolve("out2"))));
    assertEquals(
        "the backend fake doesn't have f16; it has f32, bf16, q8_0, q4_0",
        noSuchPrecision.getMessage());
  }
}
