package gpt2j.integration;

import gpt2j.api.BackendProvider;
import gpt2j.testkit.ReferenceBackendProvider;

final class ReferenceForgottenTest extends ForgottenContract {
  @Override
  BackendProvider provider() {
    return new ReferenceBackendProvider();
  }
}
