package gpt2j.bench.result;

import gpt2j.bench.result.setup.Header;
import java.util.List;

/**
 * gpt2j beside other programs: same checkpoint, same threads, in turn.
 *
 * @param header when, where, with what
 * @param settings what was asked for
 * @param programs the programs, the absent ones too
 * @param measurements in the order measured
 */
public record BaselinesResult(
    Header header,
    BaselinesSettings settings,
    List<ProgramSummary> programs,
    List<ProgramMeasurement> measurements)
    implements BenchmarkResult {
  public BaselinesResult {
    programs = List.copyOf(programs);
    measurements = List.copyOf(measurements);
  }

  @Override
  public BenchmarkCommand command() {
    return BenchmarkCommand.BASELINES;
  }
}
