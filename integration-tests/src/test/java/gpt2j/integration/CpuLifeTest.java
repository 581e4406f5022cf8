package gpt2j.integration;

import gpt2j.api.BackendProvider;

final class CpuLifeTest extends LifeContract {
  @Override
  BackendProvider provider() {
    return Backends.provider("cpu");
  }

  @Override
  int rounds() {
    return 25;
  }
}
