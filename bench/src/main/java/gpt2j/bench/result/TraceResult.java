package gpt2j.bench.result;

import gpt2j.bench.result.setup.Header;
import java.util.List;

/**
 * The latency of every single token, cached and uncached.
 *
 * @param header when, where, with what
 * @param settings what was asked for
 * @param measurements in the order measured
 */
public record TraceResult(Header header, GridSettings settings, List<Measurement> measurements)
    implements BenchmarkResult {
  public TraceResult {
    measurements = List.copyOf(measurements);
  }
}
