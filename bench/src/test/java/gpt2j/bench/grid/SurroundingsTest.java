package gpt2j.bench.grid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.bench.ResultDirectory;
import gpt2j.bench.context.MachineWatch;
import gpt2j.bench.context.RunListener;
import gpt2j.bench.fake.FakeBench;
import gpt2j.bench.fake.FakeDevice;
import gpt2j.bench.fake.Latencies;
import gpt2j.bench.fake.VirtualTime;
import gpt2j.bench.report.ReportPublisher;
import gpt2j.bench.result.BenchmarkCommand;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.CompareResult;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.result.ProfileMeasurement;
import gpt2j.bench.result.ResultFile;
import gpt2j.bench.result.RooflineMeasurement;
import gpt2j.bench.result.setup.Surroundings;
import gpt2j.bench.table.Tables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What else the machine does is in the result, the table and the report of every benchmark. */
final class SurroundingsTest {
  @TempDir Path folder;
  private final VirtualTime time = new VirtualTime();
  private final List<String> notes = new ArrayList<>();
  private int stretch;

  /** Others keep 0.01 cores busy in the first stretch, 0.02 in the second, … */
  private final MachineWatch machine =
      new MachineWatch() {
        @Override
        public Supplier<OptionalDouble> others() {
          stretch++;
          return () -> OptionalDouble.of(stretch / 100.0);
        }

        @Override
        public OptionalDouble readBandwidth(int threads) {
          assertEquals(3, threads); // the fake device's
          return OptionalDouble.of((30 + stretch) * 1e9);
        }
      };

  private FakeBench bench(String device) {
    return new FakeBench(folder, time, new FakeDevice(device, time, new Latencies(1)).alone())
        .machine(machine)
        .listener(
            new RunListener() {
              @Override
              public void progressed(String task, long done, long total) {}

              @Override
              public void note(String line) {
                notes.add(line);
              }
            });
  }

  private ResultDirectory out() {
    return ResultDirectory.create(folder.resolve("out"));
  }

  @Test
  void eachRepetitionHasItsOwn() {
    FakeBench bench = bench("cpu");
    var result =
        (GridResult)
            bench
                .benchmarks()
                .grid(BenchmarkCommand.THROUGHPUT, bench.settings("cpu", 1, 4, 3), out());
    Surroundings cached = result.measurements().getFirst().surroundings();
    Surroundings uncached = result.measurements().getLast().surroundings();
    assertEquals(List.of(0.01, 0.03), cached.othersCores()); // measured in turn
    assertEquals(List.of(0.02, 0.04), uncached.othersCores());
    assertEquals(List.of(30e9, 32e9), cached.bytesPerSecond());
    assertEquals(result, ResultFile.read(folder.resolve("out").resolve(ResultFile.NAME)));
    assertEquals(List.of(), notes, "nobody disturbed");
  }

  @Test
  void memoryIsReadOnlyWhereTheProcessorComputes() {
    FakeBench bench = bench("gpu");
    var result =
        (GridResult)
            bench
                .benchmarks()
                .grid(BenchmarkCommand.THROUGHPUT, bench.settings("gpu", 1, 4, 3), out());
    for (Measurement measurement : result.measurements(Measurement.class)) {
      assertEquals(List.of(), measurement.surroundings().bytesPerSecond());
      assertEquals(2, measurement.surroundings().othersCores().size());
    }
  }

  @Test
  void everyBenchmarkSaysThatTheMachineWasBusy() throws IOException {
    stretch = 50;
    FakeBench bench = bench("fake");
    GridSettings settings = bench.settings("fake", 1, 4, 3);
    GridSettings cached =
        new GridSettings(
            settings.models(),
            settings.backends(),
            settings.precisions(),
            settings.threads(),
            List.of(true),
            List.of(1),
            List.of(4),
            List.of(3),
            2,
            0,
            0);
    List<BenchmarkResult> results = new ArrayList<>();
    var benchmarks = bench.benchmarks();
    results.add(benchmarks.grid(BenchmarkCommand.THROUGHPUT, settings, directory("throughput")));
    results.add(benchmarks.grid(BenchmarkCommand.TRACE, settings, directory("trace")));
    results.add(benchmarks.grid(BenchmarkCommand.EXPERIMENT, settings, directory("experiment")));
    results.add(benchmarks.grid(BenchmarkCommand.PROFILE, settings, directory("profile")));
    results.add(benchmarks.grid(BenchmarkCommand.ROOFLINE, settings, directory("roofline")));
    results.add(benchmarks.compare(cached, "use-cache=false", directory("compare")));
    assertEquals(results.size(), notes.size(), notes::toString);
    for (BenchmarkResult result : results) {
      String warning = "Others kept more than 0.1 cores busy in ";
      assertEquals(1, Tables.warnings(result).size());
      assertTrue(notes.contains(Tables.warnings(result).getFirst()), result.command().label());
      Path directory = folder.resolve(result.command().label());
      assertTrue(Files.readString(directory.resolve("table.md")).contains(warning));
      assertTrue(Files.readString(directory.resolve("result.json")).contains("others_cores"));
      new ReportPublisher().publish(result, directory);
      assertTrue(Files.readString(directory.resolve("report.html")).contains(warning));
    }
    assertEquals(
        4,
        ((GridResult) results.get(3))
            .measurements(ProfileMeasurement.class)
            .getFirst()
            .surroundings()
            .othersCores()
            .size());
    assertEquals(
        4,
        ((GridResult) results.get(4))
            .measurements(RooflineMeasurement.class)
            .getFirst()
            .surroundings()
            .othersCores()
            .size());
    assertEquals(
        2,
        ((CompareResult) results.get(5))
            .measurementsA()
            .getFirst()
            .surroundings()
            .othersCores()
            .size());
  }

  private ResultDirectory directory(String name) {
    return ResultDirectory.create(folder.resolve(name));
  }
}
