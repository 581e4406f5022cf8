package gpt2j.testkit;

import gpt2j.api.Backend;
import gpt2j.api.training.TrainingOperations;
import gpt2j.spi.ForwardingTrainingOperations;

/** Training operations with a bug, for which they need to look into tensors. */
abstract class TrainingBug extends ForwardingTrainingOperations {
  final Backend backend;

  TrainingBug(Backend backend, TrainingOperations to) {
    super(to);
    this.backend = backend;
  }
}
