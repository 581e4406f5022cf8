package gpt2j.integration;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.tensor.WeightFormat;
import org.junit.jupiter.api.extension.ExtendWith;

/** On the machine's own CUDA device. */
@ExtendWith(GpuCondition.class)
final class CudaGoldenTest extends GoldenContract {
  @Override
  Backend open() {
    return Backends.open("cuda", BackendOptions.defaults());
  }

  @Override
  double roundedTolerance() {
    return CudaTolerance.of(WeightFormat.BF16);
  }
}
