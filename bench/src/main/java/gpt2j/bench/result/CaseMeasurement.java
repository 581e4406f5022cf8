package gpt2j.bench.result;

import gpt2j.bench.result.setup.Surroundings;

/** What was measured of a case. */
public sealed interface CaseMeasurement
    permits Measurement, ProfileMeasurement, RooflineMeasurement {
  /** The case. */
  BenchmarkCase benchmarkCase();

  /** What the machine was like meanwhile. */
  Surroundings surroundings();
}
