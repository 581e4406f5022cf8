package gpt2j.bench.grid;

import static gpt2j.bench.fake.FakeBench.LAYERS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.bench.ResultDirectory;
import gpt2j.bench.fake.FakeBench;
import gpt2j.bench.fake.FakeDevice;
import gpt2j.bench.fake.Latencies;
import gpt2j.bench.fake.VirtualTime;
import gpt2j.bench.result.BenchmarkCommand;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.ProfileMeasurement;
import gpt2j.bench.result.ProfiledStep;
import gpt2j.bench.statistics.MeanStep;
import gpt2j.bench.table.Cell;
import gpt2j.bench.table.Tables;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On a device of known latencies every component's share is right, to the nanosecond. */
final class ProfileRunTest {
  @TempDir Path folder;
  private final VirtualTime time = new VirtualTime();
  private final Latencies latencies = new Latencies(1);
  private final FakeDevice device = new FakeDevice("fake", time, latencies);

  private GridResult profile(int batch, int promptTokens, int newTokens) {
    FakeBench bench = new FakeBench(folder, time, device.alone());
    return (GridResult)
        bench
            .benchmarks()
            .grid(
                BenchmarkCommand.PROFILE,
                bench.settings("fake", batch, promptTokens, newTokens),
                ResultDirectory.create(folder.resolve("out")));
  }

  /** What the components take by the table of latencies, the rest apart. */
  private Map<String, Long> expected(long rows, long pairs, long heads) {
    Map<String, Long> nanos = new LinkedHashMap<>();
    nanos.put("embedding", latencies.nanos("embedding", rows, 0));
    for (String section :
        List.of("ln_1", "qkv", "kv_append", "attn_proj", "ln_2", "mlp_fc", "mlp_proj")) {
      nanos.put(section, LAYERS * latencies.nanos(section, rows, 0));
    }
    nanos.put("attention", LAYERS * latencies.nanos("attention", rows, pairs));
    nanos.put("ln_f", latencies.nanos("ln_f", heads, 0));
    nanos.put("head", latencies.nanos("head", heads, 0));
    nanos.put("sample", latencies.nanos("sample", heads, 0) + Latencies.ADVANCE);
    return nanos;
  }

  private static void assertComponents(Map<String, Long> expected, ProfiledStep step) {
    Map<String, Long> components = new LinkedHashMap<>(step.components());
    long sum = components.values().stream().mapToLong(Long::longValue).sum();
    assertEquals(step.totalNanos(), sum, "components and the rest are the whole");
    components.remove(ProfiledStep.REST);
    assertEquals(expected, components);
  }

  @ParameterizedTest
  @CsvSource({"1, 5, 9", "3, 12, 4", "16, 2, 3"})
  void everyComponentIsTheDevices(int batch, int promptTokens, int newTokens) {
    GridResult result = profile(batch, promptTokens, newTokens);
    assertEquals(2, result.measurements(ProfileMeasurement.class).size());
    for (ProfileMeasurement measurement : result.measurements(ProfileMeasurement.class)) {
      assertEquals(2 * newTokens, measurement.steps().size());
      boolean cached = measurement.benchmarkCase().useCache();
      for (int i = 0; i < measurement.steps().size(); i++) {
        ProfiledStep step = measurement.steps().get(i);
        int index = i % newTokens;
        int length = promptTokens + index;
        assertEquals(i / newTokens, step.repetition());
        assertEquals(index == 0 ? Phase.PREFILL : Phase.DECODE, step.phase());
        assertEquals(length, step.length());
        long rest;
        if (index == 0 || !cached) {
          long pairs = (long) batch * length * (length + 1) / 2;
          assertComponents(expected((long) batch * length, pairs, batch), step);
          rest = (batch + 1) * Latencies.SELECT;
        } else {
          assertComponents(expected(batch, (long) batch * length, batch), step);
          rest = 0;
        }
        assertEquals(rest + VirtualTime.LAUNCH, step.components().get(ProfiledStep.REST));
      }
    }
  }

  @Test
  void stepsThatAreMeasuredAsAWholeAreQueuedOperationByOperation() {
    device.wholeSteps();
    GridResult result = profile(2, 6, 5);
    ProfileMeasurement cached = result.measurements(ProfileMeasurement.class).getFirst();
    assertTrue(cached.benchmarkCase().useCache());
    for (ProfiledStep step : cached.steps()) {
      if (step.phase() == Phase.DECODE) {
        assertComponents(expected(2, 2L * step.length(), 2), step);
      }
    }
  }

  @Test
  void stepsWithoutTheProfilerAreKeptBesides() {
    ProfileMeasurement cached = profile(1, 5, 4).measurements(ProfileMeasurement.class).getFirst();
    assertEquals(6, cached.unprofiledStepNanos().size());
    assertEquals(
        VirtualTime.LAUNCH + latencies.decode(LAYERS, 1, 6),
        cached.unprofiledStepNanos().getFirst());
  }

  /** The picture's bars are the table's rows: the same steps, the same statistic. */
  @Test
  void tableAndStepsTellTheSame() {
    GridResult result = profile(1, 5, 9);
    ProfileMeasurement cached = result.measurements(ProfileMeasurement.class).getFirst();
    List<ProfiledStep> decode =
        cached.steps().stream().filter(step -> step.phase() == Phase.DECODE).toList();
    double total = decode.stream().mapToLong(ProfiledStep::totalNanos).average().orElseThrow();
    Map<String, Double> means = MeanStep.of(decode);
    assertEquals(total, MeanStep.total(means), 1e-6);
    List<List<Cell>> rows =
        Tables.of(result).rows().stream()
            .filter(row -> row.get(4).text().equals(cached.benchmarkCase().test()))
            .filter(row -> row.get(5).text().equals("decode") && row.get(6).text().equals("6–13"))
            .toList();
    assertEquals(means.size() + 1, rows.size());
    for (List<Cell> row : rows) {
      double nanos = means.getOrDefault(row.get(7).text(), total);
      assertEquals(nanos / 1e6, ((Cell.Number) row.get(8)).value(), 1e-9, row.toString());
      assertEquals(100 * nanos / total, ((Cell.Number) row.get(9)).value(), 1e-9, row.toString());
    }
  }

  @Test
  void theTableSaysThatPartsAreNotTimedApart() {
    assertTrue(Tables.of(profile(1, 5, 2)).notes().getFirst().contains("doesn't time them apart"));
  }
}
