package gpt2j.model.gpt2.convert;

import gpt2j.api.tensor.HostTensor;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a tensor has lost in a copy.
 *
 * @param name Hugging Face's
 * @param largest the largest difference of a number
 * @param relative root of the mean square of the differences, as a share of that of the numbers; 0
 *     where all numbers are 0 and stay so
 */
public record TensorError(String name, double largest, double relative) {
  private static final int PART = 1 << 16;

  /**
   * Compares a copy with what it was made of, number by number.
   *
   * @param from a checkpoint
   * @param to its copy
   */
  public static List<TensorError> between(Path from, Path to) {
    List<TensorError> errors = new ArrayList<>();
    try (Checkpoint original = Checkpoint.open(from);
        Checkpoint copy = Checkpoint.open(to)) {
      for (String name : original.names()) {
        HostTensor copied = copy.names().contains(name) ? copy.tensor(name) : original.tensor(name);
        errors.add(of(original.tensor(name), copied));
      }
    }
    return errors;
  }

  private static TensorError of(HostTensor original, HostTensor copy) {
    float[] a = new float[PART];
    float[] b = new float[PART];
    double largest = 0;
    double squares = 0;
    double differences = 0;
    long count = original.shape().elements();
    for (long first = 0; first < count; first += PART) {
      int part = (int) Math.min(PART, count - first);
      original.copyTo(first, a, 0, part);
      copy.copyTo(first, b, 0, part);
      for (int i = 0; i < part; i++) {
        double difference = (double) a[i] - b[i];
        largest = Math.max(largest, Math.abs(difference));
        squares += (double) a[i] * a[i];
        differences += difference * difference;
      }
    }
    return new TensorError(
        original.name(), largest, differences == 0 ? 0 : Math.sqrt(differences / squares));
  }
}
