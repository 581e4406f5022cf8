package gpt2j.integration;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;

class CpuTrainingTest extends TrainingModelContract {
  @Override
  Backend open() {
    return Backends.open("cpu", BackendOptions.defaults().withThreads(2));
  }
}
