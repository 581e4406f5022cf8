package gpt2j.bench.result;

import java.util.Optional;

/**
 * What losses of training are of.
 *
 * @param model in some words
 * @param data its name
 * @param reference to compare with
 */
public record TrainingSubject(String model, String data, Optional<Reference> reference) {
  /** The loss per token of something else on the validation data, in nats. */
  public record Reference(String name, double loss) {}
}
