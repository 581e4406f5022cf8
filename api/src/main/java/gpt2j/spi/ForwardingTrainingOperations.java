package gpt2j.spi;

import gpt2j.api.training.TrainingOperations;

/** Passes everything on to other operations of training, to be overridden one at a time. */
public class ForwardingTrainingOperations implements TrainingOperations {
  /** The other operations. */
  protected final TrainingOperations to;

  public ForwardingTrainingOperations(TrainingOperations to) {
    this.to = to;
  }

  @Override
  public final TrainingOperations otherwise(String operation) {
    return to;
  }
}
