package gpt2j.integration;

import gpt2j.api.BackendProvider;
import gpt2j.testkit.ReferenceBackendProvider;

final class ReferenceEngineTest extends EngineContract {
  @Override
  BackendProvider provider() {
    return new ReferenceBackendProvider();
  }

  @Override
  int requests() {
    return 72;
  }
}
