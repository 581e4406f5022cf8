package gpt2j.backend.cpu;

import gpt2j.api.BackendProvider;
import gpt2j.testkit.TrainingContract;

/** The contract of training, with two threads, which share each operation's work. */
class CpuTrainingContractTest extends TrainingContract {
  @Override
  protected BackendProvider provider() {
    return new WithThreads(2);
  }
}
