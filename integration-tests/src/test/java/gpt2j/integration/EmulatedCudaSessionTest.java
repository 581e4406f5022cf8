package gpt2j.integration;

import gpt2j.api.BackendProvider;
import gpt2j.api.tensor.WeightFormat;
import org.junit.jupiter.api.extension.ExtendWith;

/** On the emulated CUDA driver. */
@ExtendWith(EmulatedDriver.class)
final class EmulatedCudaSessionTest extends SessionContract {
  @Override
  BackendProvider provider() {
    return Backends.provider("cuda");
  }

  @Override
  boolean slow() {
    return true;
  }

  @Override
  double tolerance(WeightFormat precision) {
    return CudaTolerance.of(precision);
  }
}
