package gpt2j.bench.result;

import java.util.List;

/**
 * One operation, or a whole step, against the device's limits.
 *
 * @param name the model's section, as {@code qkv}; {@code step} for the whole
 * @param phase what the step does
 * @param rows rows of the batch
 * @param length tokens that the last row attends to
 * @param bytes that must at least be moved: weights once, inputs, outputs, keys and values
 * @param operations floating-point additions and multiplications
 * @param nanos one per repetition, all layers together
 */
public record RooflinePoint(
    String name, Phase phase, int rows, int length, long bytes, long operations, List<Long> nanos) {
  /** The name of the point that is a whole step. */
  public static final String STEP = "step";

  public RooflinePoint {
    nanos = List.copyOf(nanos);
  }

  /** Arithmetic intensity: operations per byte. */
  public double intensity() {
    return (double) operations / bytes;
  }
}
