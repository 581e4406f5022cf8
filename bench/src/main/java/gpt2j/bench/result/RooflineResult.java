package gpt2j.bench.result;

import gpt2j.bench.result.setup.Header;
import java.util.List;

/**
 * How near operations and steps come to what the device can do.
 *
 * @param header when, where, with what
 * @param settings what was asked for
 * @param measurements in the order measured
 */
public record RooflineResult(
    Header header, GridSettings settings, List<RooflineMeasurement> measurements)
    implements BenchmarkResult {
  public RooflineResult {
    measurements = List.copyOf(measurements);
  }
}
