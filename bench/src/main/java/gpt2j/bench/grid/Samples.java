package gpt2j.bench.grid;

import gpt2j.bench.measure.CaseRunner;
import gpt2j.bench.measure.ResidentMemory;
import gpt2j.bench.measure.Watch;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.GenerationSample;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.result.MemoryFigures;
import gpt2j.bench.result.setup.Surroundings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;

/** Measurements that grow by a sample at a time. */
final class Samples {
  private final Map<BenchmarkCase, Measurement> measurements = new LinkedHashMap<>();

  /** Begins with what an earlier run measured. */
  Samples(List<Measurement> before) {
    before.forEach(measurement -> measurements.put(measurement.benchmarkCase(), measurement));
  }

  List<Measurement> all() {
    return new ArrayList<>(measurements.values());
  }

  /** How many samples there are of a case. */
  int count(BenchmarkCase of) {
    return samples(of).size();
  }

  /** Takes one more. */
  void take(CaseRunner runner, BenchmarkCase of) {
    Watch watch = runner.watch();
    List<GenerationSample> samples = new ArrayList<>(samples(of));
    AtomicReference<OptionalLong> seen = new AtomicReference<>(OptionalLong.empty());
    samples.add(
        watch.during(
            () -> {
              boolean reset = ResidentMemory.reset();
              GenerationSample sample = runner.run(of.useCache());
              seen.set(reset ? ResidentMemory.peak() : OptionalLong.empty());
              return sample;
            }));
    OptionalLong peak = seen.get();
    Measurement before = measurements.get(of);
    MemoryFigures memory =
        runner.memory(before == null ? peak : larger(peak, before.memory().peakResidentBytes()));
    Surroundings earlier = before == null ? Surroundings.UNKNOWN : before.surroundings();
    measurements.put(of, new Measurement(of, samples, memory, earlier.and(watch.seen())));
  }

  private List<GenerationSample> samples(BenchmarkCase of) {
    Measurement measurement = measurements.get(of);
    return measurement == null ? List.of() : measurement.samples();
  }

  private static OptionalLong larger(OptionalLong a, OptionalLong b) {
    return a.isPresent() && b.isPresent()
        ? OptionalLong.of(Math.max(a.getAsLong(), b.getAsLong()))
        : OptionalLong.empty();
  }
}
