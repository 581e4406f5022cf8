package gpt2j.integration;

import gpt2j.api.BackendProvider;
import gpt2j.api.tensor.WeightFormat;

final class PlainAgreementTest extends AgreementContract {
  @Override
  BackendProvider provider() {
    return Backends.provider("plain");
  }

  @Override
  double tolerance(WeightFormat precision) {
    return 1e-4;
  }
}
