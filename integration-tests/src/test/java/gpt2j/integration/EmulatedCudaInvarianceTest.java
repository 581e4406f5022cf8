package gpt2j.integration;

import gpt2j.api.BackendProvider;
import gpt2j.api.tensor.DataType;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;

/** On the emulated CUDA driver. */
@ExtendWith(EmulatedDriver.class)
final class EmulatedCudaInvarianceTest extends InvarianceContract {
  @Override
  BackendProvider provider() {
    return Backends.provider("cuda");
  }

  @Override
  int schedules() {
    return 3;
  }

  @Override
  List<DataType> cacheTypes() {
    return List.of(DataType.F32, DataType.F16, DataType.BF16);
  }
}
