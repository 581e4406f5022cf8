package gpt2j.testkit;

import gpt2j.api.Backend;
import gpt2j.api.ForwardingTrainingOperations;
import gpt2j.api.TrainingOperations;

/** Training operations with a bug, for which they need to look into tensors. */
abstract class TrainingBug extends ForwardingTrainingOperations {
  final Backend backend;

  TrainingBug(Backend backend, TrainingOperations to) {
    super(to);
    this.backend = backend;
  }
}
