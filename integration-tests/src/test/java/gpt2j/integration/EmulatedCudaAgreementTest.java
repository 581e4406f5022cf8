package gpt2j.integration;

import gpt2j.api.BackendProvider;
import gpt2j.api.tensor.WeightFormat;
import org.junit.jupiter.api.extension.ExtendWith;

/** On the emulated CUDA driver. */
@ExtendWith(EmulatedDriver.class)
final class EmulatedCudaAgreementTest extends AgreementContract {
  @Override
  BackendProvider provider() {
    return Backends.provider("cuda");
  }

  @Override
  double tolerance(WeightFormat precision) {
    return CudaTolerance.of(precision);
  }
}
