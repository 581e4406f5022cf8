package gpt2j.integration;

import gpt2j.api.BackendProvider;
import org.junit.jupiter.api.extension.ExtendWith;

/** On the emulated CUDA driver. */
@ExtendWith(EmulatedDriver.class)
final class EmulatedCudaLifeTest extends LifeContract {
  @Override
  BackendProvider provider() {
    return Backends.provider("cuda");
  }

  @Override
  int rounds() {
    return 2;
  }
}
