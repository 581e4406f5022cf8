package gpt2j.integration;

import gpt2j.api.BackendProvider;
import org.junit.jupiter.api.extension.ExtendWith;

/** On the emulated CUDA driver. */
@ExtendWith(EmulatedDriver.class)
final class EmulatedCudaEngineTest extends EngineContract {
  @Override
  BackendProvider provider() {
    return Backends.provider("cuda");
  }

  @Override
  int requests() {
    return 12;
  }
}
