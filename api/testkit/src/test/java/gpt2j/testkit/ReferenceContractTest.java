package gpt2j.testkit;

import gpt2j.api.BackendProvider;

/**
 * The reference backend against itself: what the contract says about shapes, memory, views,
 * rounding and errors.
 */
class ReferenceContractTest extends BackendContract {
  @Override
  protected BackendProvider provider() {
    return new ReferenceBackendProvider();
  }
}
