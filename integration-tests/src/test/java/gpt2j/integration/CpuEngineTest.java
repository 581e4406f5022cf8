package gpt2j.integration;

import gpt2j.api.BackendProvider;

final class CpuEngineTest extends EngineContract {
  @Override
  BackendProvider provider() {
    return Backends.provider("cpu");
  }

  @Override
  int requests() {
    return 48;
  }

  @Override
  int width() {
    return 204;
  }
}
