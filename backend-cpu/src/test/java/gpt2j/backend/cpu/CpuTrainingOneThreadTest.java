package gpt2j.backend.cpu;

import gpt2j.api.BackendProvider;
import gpt2j.testkit.TrainingContract;

/** The contract of training, with one thread. */
class CpuTrainingOneThreadTest extends TrainingContract {
  @Override
  protected BackendProvider provider() {
    return new WithThreads(1);
  }
}
