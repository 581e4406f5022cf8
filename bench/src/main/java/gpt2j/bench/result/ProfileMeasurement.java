package gpt2j.bench.result;

import gpt2j.bench.result.setup.Surroundings;
import java.util.List;

/**
 * A case, step by step.
 *
 * @param benchmarkCase what was measured
 * @param steps of all repetitions, in order
 * @param unprofiledStepNanos the case's decode steps with the profiler off, of all repetitions: by
 *     how much profiling itself slows it
 * @param surroundings what the machine was like meanwhile
 */
public record ProfileMeasurement(
    BenchmarkCase benchmarkCase,
    List<ProfiledStep> steps,
    List<Long> unprofiledStepNanos,
    Surroundings surroundings)
    implements CaseMeasurement {
  public ProfileMeasurement {
    steps = List.copyOf(steps);
    unprofiledStepNanos = List.copyOf(unprofiledStepNanos);
  }
}
