package gpt2j.bench.result;

import java.util.Locale;

/** The benchmarks, each of which is a command below {@code bench}. */
public enum BenchmarkCommand {
  /**
   * Prompt lengths × generated lengths × batch sizes × backends × precisions × cache on and off.
   */
  THROUGHPUT(Measurement.class),
  /** The latency of every single token, cached and uncached. */
  TRACE(Measurement.class),
  /**
   * Cached against uncached over model sizes and lengths. A pair are two measurements whose cases
   * differ in {@link BenchmarkCase#useCache} only.
   */
  EXPERIMENT(Measurement.class),
  /** Where the time of a step goes, per token position. */
  PROFILE(ProfileMeasurement.class),
  /** One side against another. */
  COMPARE(Measurement.class),
  /** How near operations and steps come to what the device can do. */
  ROOFLINE(RooflineMeasurement.class),
  /** gpt2j beside other programs. */
  BASELINES(ProgramMeasurement.class);

  private final Class<?> measurement;

  BenchmarkCommand(Class<?> measurement) {
    this.measurement = measurement;
  }

  /** What it measures of a case. */
  public Class<?> measurement() {
    return measurement;
  }

  /** The command without {@code bench}, as it is given on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
