package gpt2j.integration;

import gpt2j.api.BackendProvider;
import gpt2j.api.tensor.WeightFormat;

final class CpuSessionTest extends SessionContract {
  @Override
  BackendProvider provider() {
    return Backends.provider("cpu");
  }

  @Override
  double tolerance(WeightFormat precision) {
    return 1e-4;
  }
}
