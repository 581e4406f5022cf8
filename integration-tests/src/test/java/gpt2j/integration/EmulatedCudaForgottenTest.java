package gpt2j.integration;

import gpt2j.api.BackendProvider;
import org.junit.jupiter.api.extension.ExtendWith;

/** On the emulated CUDA driver. */
@ExtendWith(EmulatedDriver.class)
final class EmulatedCudaForgottenTest extends ForgottenContract {
  @Override
  BackendProvider provider() {
    return Backends.provider("cuda");
  }
}
