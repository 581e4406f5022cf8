package gpt2j.integration;

import gpt2j.api.BackendProvider;
import gpt2j.api.tensor.WeightFormat;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;

/** On the machine's own CUDA device. */
@ExtendWith(GpuCondition.class)
final class CudaInvarianceTest extends InvarianceContract {
  @Override
  BackendProvider provider() {
    return Backends.provider("cuda");
  }

  @Override
  int schedules() {
    return 100;
  }

  @Override
  List<WeightFormat> cacheTypes() {
    return List.of(WeightFormat.F32, WeightFormat.F16, WeightFormat.BF16);
  }

  @Override
  int width() {
    return 1608;
  }
}
