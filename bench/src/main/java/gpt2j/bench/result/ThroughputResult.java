package gpt2j.bench.result;

import gpt2j.bench.result.setup.Header;
import java.util.List;

/**
 * Prompt lengths × generated lengths × batch sizes × backends × precisions × cache on and off.
 *
 * @param header when, where, with what
 * @param settings what was asked for
 * @param measurements in the order measured
 */
public record ThroughputResult(Header header, GridSettings settings, List<Measurement> measurements)
    implements BenchmarkResult {
  public ThroughputResult {
    measurements = List.copyOf(measurements);
  }
}
