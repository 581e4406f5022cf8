package gpt2j.integration;

import gpt2j.api.BackendProvider;
import gpt2j.api.tensor.DataType;
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
  List<DataType> cacheTypes() {
    return List.of(DataType.F32, DataType.F16, DataType.BF16);
  }
}
