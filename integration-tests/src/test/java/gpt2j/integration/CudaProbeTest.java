package gpt2j.integration;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import org.junit.jupiter.api.extension.ExtendWith;

/** On the machine's own CUDA device. */
@ExtendWith(GpuCondition.class)
final class CudaProbeTest extends ProbeContract {
  @Override
  Backend open() {
    return Backends.open("cuda", BackendOptions.defaults());
  }
}
