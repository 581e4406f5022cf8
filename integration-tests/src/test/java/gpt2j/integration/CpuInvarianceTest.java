package gpt2j.integration;

import gpt2j.api.BackendProvider;
import gpt2j.api.tensor.DataType;
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
  List<DataType> cacheTypes() {
    return List.of(DataType.F32);
  }

  @Override
  int width() {
    return 204;
  }
}
