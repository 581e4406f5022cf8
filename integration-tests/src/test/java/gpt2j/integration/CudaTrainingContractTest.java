package gpt2j.integration;

import gpt2j.api.BackendProvider;
import gpt2j.testkit.TrainingContract;
import org.junit.jupiter.api.extension.ExtendWith;

/** The contract of training on the machine's own CUDA device. */
@ExtendWith(GpuCondition.class)
final class CudaTrainingContractTest extends TrainingContract {
  @Override
  protected BackendProvider provider() {
    return Backends.provider("cuda");
  }
}
