package gpt2j.bench.result;

import gpt2j.bench.result.setup.Surroundings;
import java.util.List;

/**
 * A case under its device's roof.
 *
 * @param benchmarkCase what was measured
 * @param bandwidthMethod how the read bandwidth was measured
 * @param bytesPerSecond its samples
 * @param arithmeticMethod how the peak arithmetic was measured
 * @param operationsPerSecond its samples
 * @param points operations and whole steps
 * @param surroundings what the machine was like meanwhile
 */
public record RooflineMeasurement(
    BenchmarkCase benchmarkCase,
    String bandwidthMethod,
    List<Double> bytesPerSecond,
    String arithmeticMethod,
    List<Double> operationsPerSecond,
    List<RooflinePoint> points,
    Surroundings surroundings)
    implements CaseMeasurement {
  public RooflineMeasurement {
    bytesPerSecond = List.copyOf(bytesPerSecond);
    operationsPerSecond = List.copyOf(operationsPerSecond);
    points = List.copyOf(points);
  }

  /** The read bandwidth that fractions refer to: the best sample. */
  public double peakBytesPerSecond() {
    return bytesPerSecond.stream().mapToDouble(Double::doubleValue).max().orElse(Double.NaN);
  }

  /** The arithmetic peak that fractions refer to: the best sample. */
  public double peakOperationsPerSecond() {
    return operationsPerSecond.stream().mapToDouble(Double::doubleValue).max().orElse(Double.NaN);
  }
}
