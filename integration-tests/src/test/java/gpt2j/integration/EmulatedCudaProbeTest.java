package gpt2j.integration;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;

/** On the emulated CUDA driver. */
@ExtendWith(EmulatedDriver.class)
final class EmulatedCudaProbeTest extends ProbeContract {
  @Override
  Backend open() {
    return Backends.open("cuda", BackendOptions.defaults());
  }

  @Override
  List<String> checkpoints() {
    return super.checkpoints().subList(0, 1);
  }
}
