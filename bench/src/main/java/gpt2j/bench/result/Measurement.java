package gpt2j.bench.result;

import gpt2j.bench.result.setup.Surroundings;
import java.util.List;

/**
 * A case and its raw samples. Throughput, trace, experiment and compare all consist of these.
 *
 * @param benchmarkCase what was measured
 * @param samples one per repetition, warm-up left out
 * @param memory its memory
 * @param surroundings what the machine was like meanwhile
 */
public record Measurement(
    BenchmarkCase benchmarkCase,
    List<GenerationSample> samples,
    MemoryFigures memory,
    Surroundings surroundings)
    implements CaseMeasurement {
  public Measurement {
    samples = List.copyOf(samples);
  }
}
