package gpt2j.integration;

import gpt2j.api.BackendProvider;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.testkit.ReferenceBackendProvider;
import java.util.List;

final class ReferenceInvarianceTest extends InvarianceContract {
  @Override
  BackendProvider provider() {
    return new ReferenceBackendProvider();
  }

  @Override
  int schedules() {
    return 6;
  }

  @Override
  List<WeightFormat> cacheTypes() {
    return List.of(WeightFormat.F32, WeightFormat.F16, WeightFormat.BF16);
  }
}
