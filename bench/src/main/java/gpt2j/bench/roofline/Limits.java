package gpt2j.bench.roofline;

import java.util.List;
import java.util.stream.Stream;

/**
 * What a device can do at most, as measured.
 *
 * @param bandwidthMethod how the read bandwidth was measured
 * @param bytesPerSecond its samples
 * @param arithmeticMethod how the arithmetic was measured
 * @param operationsPerSecond its samples
 */
public record Limits(
    String bandwidthMethod,
    List<Double> bytesPerSecond,
    String arithmeticMethod,
    List<Double> operationsPerSecond) {
  public Limits {
    bytesPerSecond = List.copyOf(bytesPerSecond);
    operationsPerSecond = List.copyOf(operationsPerSecond);
  }

  /** The same device, measured once more. */
  public Limits and(Limits later) {
    return new Limits(
        bandwidthMethod,
        Stream.concat(bytesPerSecond.stream(), later.bytesPerSecond.stream()).toList(),
        arithmeticMethod,
        Stream.concat(operationsPerSecond.stream(), later.operationsPerSecond.stream()).toList());
  }
}
