package gpt2j.bench.result.setup;

import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * What the machine was like while something was measured.
 *
 * @param othersCores for each repetition how many cores were busy with something else on average;
 *     empty where the system doesn't tell
 * @param bytesPerSecond at which as many threads as compute read the memory just before each
 *     repetition; empty where the processor doesn't compute
 */
public record Surroundings(List<Double> othersCores, List<Double> bytesPerSecond) {
  /** Above so many of others' cores a figure shouldn't be believed. */
  public static final double BUSY_CORES = 0.1;

  /** Nothing is known. */
  public static final Surroundings UNKNOWN = new Surroundings(List.of(), List.of());

  public Surroundings {
    othersCores = List.copyOf(othersCores);
    bytesPerSecond = List.copyOf(bytesPerSecond);
  }

  /** Others' cores at worst. */
  public OptionalDouble mostOthersCores() {
    return othersCores.stream().mapToDouble(Double::doubleValue).max();
  }

  /** These and what came after. */
  public Surroundings and(Surroundings later) {
    return new Surroundings(
        Stream.concat(othersCores.stream(), later.othersCores.stream()).toList(),
        Stream.concat(bytesPerSecond.stream(), later.bytesPerSecond.stream()).toList());
  }
}
