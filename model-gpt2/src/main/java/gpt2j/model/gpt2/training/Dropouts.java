package gpt2j.model.gpt2.training;

import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.Dropout;

/** Dropout at the places where GPT-2 has it, each with a number of its own. */
final class Dropouts {
  private static final int SITES_PER_BLOCK = 3;

  /** Makes the dropout of a place. */
  @FunctionalInterface
  private interface Sites {
    Dropout at(int site);
  }

  private final Sites sites;

  private Dropouts(Sites sites) {
    this.sites = sites;
  }

  /** For evaluation: everything is kept. */
  static Dropouts none() {
    return new Dropouts(_ -> Dropout.NONE);
  }

  /**
   * For training.
   *
   * @param pass I32 {@code [1]}: number of the micro-batch since the start
   */
  static Dropouts of(TrainingOptions options, Tensor pass) {
    if (options.dropout() == 0) {
      return none();
    }
    return new Dropouts(site -> new Dropout.Random(options.dropout(), options.seed(), site, pass));
  }

  /** Of the sum of token and position embedding. */
  Dropout embedding() {
    return sites.at(0);
  }

  /** Of attention's probabilities. */
  Dropout attention(int layer) {
    return sites.at(1 + SITES_PER_BLOCK * layer);
  }

  /** Of what attention adds to the residual stream. */
  Dropout attnCProj(int layer) {
    return sites.at(2 + SITES_PER_BLOCK * layer);
  }

  /** Of what the MLP adds to the residual stream. */
  Dropout mlpCProj(int layer) {
    return sites.at(3 + SITES_PER_BLOCK * layer);
  }
}
