package gpt2j.bench.grid;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.ResultDirectory;
import gpt2j.bench.context.BenchException;
import gpt2j.bench.fake.FakeBench;
import gpt2j.bench.fake.FakeDevice;
import gpt2j.bench.fake.Latencies;
import gpt2j.bench.fake.VirtualTime;
import gpt2j.bench.result.BenchmarkCommand;
import gpt2j.bench.result.CompareResult;
import gpt2j.bench.result.Comparison;
import gpt2j.bench.result.Comparison.Ratio;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.ResultFile;
import gpt2j.bench.table.Table;
import gpt2j.bench.table.Tables;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A device that is three times as fast as another comes out three times as fast. */
final class CompareRunTest {
  @TempDir Path folder;
  private final VirtualTime time = new VirtualTime();
  private final FakeDevice fast = new FakeDevice("fast", time, new Latencies(1));
  private final FakeDevice slow = new FakeDevice("slow", time, new Latencies(3));

  private FakeBench bench() {
    return new FakeBench(folder, time, Map.of("fast", fast, "slow", slow));
  }

  private GridSettings settings(String backend) {
    GridSettings all = bench().settings(backend, 1, 6, 9);
    return new GridSettings(
        all.models(),
        all.backends(),
        all.precisions(),
        all.threads(),
        List.of(true),
        List.of(1, 4),
        all.promptTokens(),
        all.newTokens(),
        3,
        1,
        0);
  }

  private ResultDirectory out(String name) {
    return ResultDirectory.create(folder.resolve(name));
  }

  @Test
  void interleavedSidesGiveTheRatioOfTheirLatencies() {
    var result =
        (CompareResult)
            bench().benchmarks().compare(settings("slow"), "backend=fast", out("compare"));
    assertRatio(3, result);
    assertTrue(result.settings().interleaved());
    assertEquals("backend=slow", result.settings().labelA());
    assertEquals("backend=fast", result.settings().labelB());
  }

  @Test
  void resultsOfTheirOwnGiveIt() {
    bench().benchmarks().grid(BenchmarkCommand.THROUGHPUT, settings("fast"), out("a"));
    bench().benchmarks().grid(BenchmarkCommand.THROUGHPUT, settings("slow"), out("b"));
    Path a = folder.resolve("a").resolve(ResultFile.NAME);
    Path b = folder.resolve("b").resolve(ResultFile.NAME);
    var result = (CompareResult) bench().benchmarks().compare(a, b, out("compare"));
    assertRatio(1 / 3.0, result);
  }

  private static void assertRatio(double expected, CompareResult result) {
    assertEquals(2, result.comparisons().size());
    for (Comparison comparison : result.comparisons()) {
      assertEquals(comparison.a().batch(), comparison.b().batch());
      assertEquals(
          List.of("TTFT", "TPOT", "prefill", "decode", "end to end"),
          comparison.ratios().stream().map(Ratio::metric).toList());
      for (Ratio ratio : comparison.ratios()) {
        // Launches take the host the same time on both.
        assertEquals(expected, ratio.ratio(), 0.001 * expected, ratio.metric());
        assertEquals(ratio.ratio(), ratio.low(), 1e-9);
        assertEquals(ratio.ratio(), ratio.high(), 1e-9);
      }
    }
  }

  @Test
  void bothSidesHaveAllTheirSamples() {
    FakeDevice device = new FakeDevice("a", time, new Latencies(1));
    FakeBench bench = new FakeBench(folder, time, Map.of("a", device));
    GridSettings settings = bench.settings("a", 1, 4, 3);
    GridSettings cached =
        new GridSettings(
            settings.models(),
            settings.backends(),
            List.of(WeightFormat.F32),
            settings.threads(),
            List.of(true),
            List.of(1),
            List.of(4),
            List.of(3),
            4,
            0,
            0);
    var result =
        (CompareResult) bench.benchmarks().compare(cached, "precision=bf16", out("compare"));
    assertEquals(4, result.measurementsA().getFirst().samples().size());
    assertEquals(4, result.measurementsB().getFirst().samples().size());
    assertEquals(WeightFormat.BF16, result.measurementsB().getFirst().benchmarkCase().precision());
    assertEquals(2 * 4 * 3, device.draws());
  }

  /** Rows of the table say which case they are of. */
  @Test
  void casesOfSeveralPrecisionsCanBeToldApart() {
    FakeDevice device = new FakeDevice("a", time, new Latencies(1));
    FakeBench bench = new FakeBench(folder, time, Map.of("a", device));
    GridSettings settings = bench.settings("a", 1, 4, 3);
    GridSettings several =
        new GridSettings(
            settings.models(),
            settings.backends(),
            List.of(WeightFormat.F32, WeightFormat.BF16),
            settings.threads(),
            List.of(true),
            List.of(1),
            List.of(4),
            List.of(3),
            2,
            0,
            0);
    var result = bench.benchmarks().compare(several, "threads=1", out("compare"));
    List<String> rows = Tables.format(result, Table.Format.CSV).lines().skip(1).toList();
    assertEquals(
        List.of("tiny,a,f32,\"3, 1\",pp4+tg3", "tiny,a,bf16,\"3, 1\",pp4+tg3"),
        rows.stream()
            .map(row -> row.substring(0, row.indexOf("pp4+tg3") + "pp4+tg3".length()))
            .distinct()
            .toList());
  }

  @Test
  void theCacheCanBeWhatSetsThemApart() {
    var result =
        (CompareResult)
            bench().benchmarks().compare(settings("fast"), "use-cache=false", out("compare"));
    Ratio decode = result.comparisons().getFirst().ratios().get(3);
    assertTrue(decode.ratio() < 1, "without the cache it is slower: " + decode);
  }

  @ParameterizedTest
  @CsvSource({
    "backend=slow, --vs: both sides have backend=slow; give another value",
    "colour=red, '--vs: must be backend=…, precision=…, threads=… or use-cache=…, not colour=red'",
    "threads=0, '--vs: threads must be a whole number, 1 or more, not 0'",
    "precision=f8, '--vs: precision must be one of f32, f16, bf16, q8_0, q4_0, not f8'",
    "use-cache=perhaps, '--vs: use-cache must be true or false, not perhaps'",
    "backend, '--vs: backend has no value, as in --vs backend=…'",
    "backend=slow/depth=2, 'the slow backend has no setting depth'",
    "backend=tpu, 'there is no backend tpu; choose one of fast, slow'"
  })
  void whatCannotBeComparedIsRefused(String vs, String message) {
    BenchException e =
        assertThrows(
            BenchException.class,
            () -> bench().benchmarks().compare(settings("slow"), vs, out("compare")));
    assertAll(() -> assertEquals(message, e.getMessage()), () -> assertTrue(e.isUsage()));
  }

  @Test
  void resultsWithoutCommonCasesAreRefused() {
    bench().benchmarks().grid(BenchmarkCommand.THROUGHPUT, settings("fast"), out("a"));
    bench()
        .benchmarks()
        .grid(BenchmarkCommand.THROUGHPUT, bench().settings("fast", 1, 7, 2), out("b"));
    Path a = folder.resolve("a").resolve(ResultFile.NAME);
    Path b = folder.resolve("b").resolve(ResultFile.NAME);
    assertThrows(BenchException.class, () -> bench().benchmarks().compare(a, b, out("compare")));
  }
}
