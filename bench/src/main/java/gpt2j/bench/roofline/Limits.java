package gpt2j.bench.roofline;

import java.util.List;

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
    List<Double> operationsPerSecond) {}
