package gpt2j.bench.result;

import gpt2j.bench.result.setup.Header;
import java.util.List;

/**
 * Cached against uncached over model sizes and lengths. A pair are two measurements whose cases
 * differ in {@link BenchmarkCase#useCache} only.
 *
 * @param header when, where, with what
 * @param settings what was asked for
 * @param measurements in the order measured
 */
public record ExperimentResult(Header header, GridSettings settings, List<Measurement> measurements)
    implements BenchmarkResult {
  public ExperimentResult {
    measurements = List.copyOf(measurements);
  }
}
