package gpt2j.bench.result;

import gpt2j.bench.result.setup.Header;
import java.util.List;

/**
 * One side against another.
 *
 * @param header when, where, with what
 * @param settings what is compared
 * @param comparisons pairs of cases that differ only in what sets the sides apart
 * @param measurementsA the first side's raw samples
 * @param measurementsB the second side's; where interleaved, the i-th sample follows the i-th of
 *     the first
 */
public record CompareResult(
    Header header,
    CompareSettings settings,
    List<Comparison> comparisons,
    List<Measurement> measurementsA,
    List<Measurement> measurementsB)
    implements BenchmarkResult {
  public CompareResult {
    comparisons = List.copyOf(comparisons);
    measurementsA = List.copyOf(measurementsA);
    measurementsB = List.copyOf(measurementsB);
  }

  @Override
  public BenchmarkCommand command() {
    return BenchmarkCommand.COMPARE;
  }
}
