package gpt2j.integration;

import gpt2j.api.BackendProvider;
import gpt2j.api.tensor.WeightFormat;
import java.util.List;

final class CpuInvarianceTest extends InvarianceContract {
  @Override
  BackendProvider provider() {
    return Backends.provider("cpu");
  }

  @Override
  int schedules() {
    return 40;
  }

  @Override
  List<WeightFormat> cacheTypes() {
    return List.of(WeightFormat.F32, WeightFormat.F16, WeightFormat.BF16, WeightFormat.Q8_0);
  }

  @Override
  int width() {
    return 204;
  }
}
