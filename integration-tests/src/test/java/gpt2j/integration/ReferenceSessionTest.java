package gpt2j.integration;

import gpt2j.api.BackendProvider;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.testkit.ReferenceBackendProvider;

final class ReferenceSessionTest extends SessionContract {
  @Override
  BackendProvider provider() {
    return new ReferenceBackendProvider();
  }

  @Override
  double tolerance(WeightFormat precision) {
    return 1e-6;
  }
}
