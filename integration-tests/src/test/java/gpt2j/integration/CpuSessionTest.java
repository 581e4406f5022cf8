package gpt2j.integration;

import gpt2j.api.BackendProvider;

final class CpuSessionTest extends SessionContract {
  @Override
  BackendProvider provider() {
    return Backends.provider("cpu");
  }

  @Override
  double tolerance() {
    return 1e-4;
  }
}
