package gpt2j.bench.grid;

import static gpt2j.bench.fake.FakeBench.LAYERS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.bench.RunDirectory;
import gpt2j.bench.fake.FakeBench;
import gpt2j.bench.fake.FakeDevice;
import gpt2j.bench.fake.Latencies;
import gpt2j.bench.fake.VirtualTime;
import gpt2j.bench.result.Component;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.ProfileMeasurement;
import gpt2j.bench.result.ProfileResult;
import gpt2j.bench.result.ProfiledStep;
import java.nio.file.Path;
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

  private ProfileResult profile(int batch, int promptTokens, int newTokens) {
    FakeBench bench = new FakeBench(folder, time, device.alone());
    return (ProfileResult)
        bench
            .benchmarks()
            .profile(
                bench.settings("fake", batch, promptTokens, newTokens),
                RunDirectory.create(folder.resolve("out")));
  }

  /** What the components take by the table of latencies, the rest apart. */
  private Map<Component, Long> expected(long rows, long pairs, long heads) {
    return Map.of(
        Component.EMBEDDING,
        latencies.nanos("embedding", rows, 0),
        Component.NORMS,
        LAYERS * (latencies.nanos("ln_1", rows, 0) + latencies.nanos("ln_2", rows, 0))
            + latencies.nanos("ln_f", heads, 0),
        Component.QKV,
        LAYERS * latencies.nanos("qkv", rows, 0),
        Component.KV_APPEND,
        LAYERS * latencies.nanos("kv_append", rows, 0),
        Component.ATTENTION,
        LAYERS * latencies.nanos("attention", rows, pairs),
        Component.PROJECTION,
        LAYERS * latencies.nanos("attn_proj", rows, 0),
        Component.MLP,
        LAYERS * (latencies.nanos("mlp_fc", rows, 0) + latencies.nanos("mlp_proj", rows, 0)),
        Component.HEAD,
        latencies.nanos("head", heads, 0),
        Component.SAMPLING,
        latencies.nanos("sample", heads, 0) + Latencies.ADVANCE);
  }

  private static void assertComponents(Map<Component, Long> expected, ProfiledStep step) {
    Map<Component, Long> components = step.components();
    expected.forEach(
        (component, nanos) -> assertEquals(nanos, components.get(component), component.label()));
    long sum = components.values().stream().mapToLong(Long::longValue).sum();
    assertEquals(step.totalNanos(), sum, "components and the rest are the whole");
  }

  @ParameterizedTest
  @CsvSource({"1, 5, 9", "3, 12, 4", "16, 2, 3"})
  void everyComponentIsTheDevices(int batch, int promptTokens, int newTokens) {
    ProfileResult result = profile(batch, promptTokens, newTokens);
    assertEquals(2, result.measurements().size());
    for (ProfileMeasurement measurement : result.measurements()) {
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
        assertEquals(rest + VirtualTime.LAUNCH, step.components().get(Component.REST));
      }
    }
  }

  @Test
  void stepsThatAreMeasuredAsAWholeAreQueuedOperationByOperation() {
    device.wholeSteps();
    ProfileResult result = profile(2, 6, 5);
    ProfileMeasurement cached = result.measurements().getFirst();
    assertTrue(cached.benchmarkCase().useCache());
    for (ProfiledStep step : cached.steps()) {
      if (step.phase() == Phase.DECODE) {
        assertComponents(expected(2, 2L * step.length(), 2), step);
      }
    }
  }

  @Test
  void stepsWithoutTheProfilerAreKeptBesides() {
    ProfileMeasurement cached = profile(1, 5, 4).measurements().getFirst();
    assertEquals(6, cached.unprofiledStepNanos().size());
    assertEquals(
        VirtualTime.LAUNCH + latencies.decode(LAYERS, 1, 6),
        cached.unprofiledStepNanos().getFirst());
  }
}
