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
import gpt2j.bench.result.RooflineMeasurement;
import gpt2j.bench.result.RooflinePoint;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a device of known latencies its limits and its operations' times are right. */
final class RooflineRunTest {
  @TempDir Path folder;

  @Test
  void limitsAndTimesAreTheDevices() {
    VirtualTime time = new VirtualTime();
    Latencies latencies = new Latencies(1);
    FakeDevice device = new FakeDevice("fake", time, latencies).timedProbes(50_000_000, 40_000_000);
    FakeBench bench = new FakeBench(folder, time, device.alone());
    var result =
        (GridResult)
            bench
                .benchmarks()
                .grid(
                    BenchmarkCommand.ROOFLINE,
                    bench.settings("fake", 2, 6, 5),
                    ResultDirectory.create(folder.resolve("out")));
    RooflineMeasurement measurement = result.measurements(RooflineMeasurement.class).getFirst();
    double launched = VirtualTime.LAUNCH;
    assertEquals(
        2 * (4 << 20) * 1e9 / (50_000_000 + launched), measurement.peakBytesPerSecond(), 1);
    // The first product takes long enough too: there is no larger one.
    assertEquals(
        2.0 * (1L << 21) * 1e9 / (40_000_000 + launched), measurement.peakOperationsPerSecond(), 1);

    RooflinePoint qkv = point(measurement, Phase.DECODE, "qkv");
    assertEquals(List.of(LAYERS * latencies.nanos("qkv", 2, 0)), distinct(qkv));
    assertEquals(10, qkv.length());
    RooflinePoint prefill = point(measurement, Phase.PREFILL, "mlp_fc");
    assertEquals(List.of(LAYERS * latencies.nanos("mlp_fc", 12, 0)), distinct(prefill));
    RooflinePoint step = point(measurement, Phase.DECODE, RooflinePoint.STEP);
    assertEquals(List.of(VirtualTime.LAUNCH + latencies.decode(LAYERS, 2, 10)), distinct(step));
    assertTrue(step.bytes() > qkv.bytes());
  }

  private static RooflinePoint point(RooflineMeasurement measurement, Phase phase, String name) {
    return measurement.points().stream()
        .filter(point -> point.phase() == phase && point.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static List<Long> distinct(RooflinePoint point) {
    return point.nanos().stream().distinct().toList();
  }
}
