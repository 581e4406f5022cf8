package gpt2j.integration;

import gpt2j.api.BackendProvider;
import org.junit.jupiter.api.extension.ExtendWith;

/** On the machine's own CUDA device. */
@ExtendWith(GpuCondition.class)
final class CudaEngineTest extends EngineContract {
  @Override
  BackendProvider provider() {
    return Backends.provider("cuda");
  }

  @Override
  int requests() {
    return 480;
  }

  @Override
  int width() {
    return 204;
  }
}
