package gpt2j.bench.result;

import gpt2j.bench.result.setup.Header;
import java.util.List;

/**
 * What was measured over a grid of cases.
 *
 * @param command which benchmark: what is measured of a case, and what is shown of it
 * @param header when, where, with what
 * @param settings what was asked for
 * @param measurements in the order measured, all of the benchmark's type
 */
public record GridResult(
    BenchmarkCommand command,
    Header header,
    GridSettings settings,
    List<CaseMeasurement> measurements)
    implements BenchmarkResult {
  public GridResult {
    measurements = List.copyOf(measurements);
    measurements.forEach(command.measurement()::cast);
  }

  /** The measurements as those of their type. */
  public <M extends CaseMeasurement> List<M> measurements(Class<M> type) {
    return measurements.stream().map(type::cast).toList();
  }
}
