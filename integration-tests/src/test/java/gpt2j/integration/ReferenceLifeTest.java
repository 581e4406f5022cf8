package gpt2j.integration;

import gpt2j.api.BackendProvider;
import gpt2j.testkit.ReferenceBackendProvider;

final class ReferenceLifeTest extends LifeContract {
  @Override
  BackendProvider provider() {
    return new ReferenceBackendProvider();
  }

  @Override
  int rounds() {
    return 25;
  }
}
