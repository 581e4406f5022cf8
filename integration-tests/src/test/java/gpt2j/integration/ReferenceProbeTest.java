package gpt2j.integration;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.testkit.ReferenceBackendProvider;

final class ReferenceProbeTest extends ProbeContract {
  @Override
  Backend open() {
    return new ReferenceBackendProvider().open(BackendOptions.defaults());
  }
}
