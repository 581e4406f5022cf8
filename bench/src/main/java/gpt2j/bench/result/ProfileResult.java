package gpt2j.bench.result;

import gpt2j.bench.result.setup.Header;
import java.util.List;

/**
 * Where the time of a step goes, per token position.
 *
 * @param header when, where, with what
 * @param settings what was asked for
 * @param measurements in the order measured
 */
public record ProfileResult(
    Header header, GridSettings settings, List<ProfileMeasurement> measurements)
    implements BenchmarkResult {
  public ProfileResult {
    measurements = List.copyOf(measurements);
  }
}
