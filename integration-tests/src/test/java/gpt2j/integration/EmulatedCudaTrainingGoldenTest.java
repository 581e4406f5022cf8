package gpt2j.integration;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import org.junit.jupiter.api.extension.ExtendWith;

/** On the emulated CUDA driver. */
@ExtendWith(EmulatedDriver.class)
final class EmulatedCudaTrainingGoldenTest extends TrainingGoldenContract {
  @Override
  Backend open() {
    return Backends.open("cuda", BackendOptions.defaults());
  }
}
