package gpt2j.testkit;

import gpt2j.api.BackendProvider;

/**
 * The reference backend against itself: what the contract says about shapes, memory, views, states
 * and errors. Its numbers are checked by {@link GoldenTest}. It runs behind the same wrapper as the
 * bugs of {@link SabotageTest}, so that what fails there fails for the bug.
 */
class ReferenceContractTest extends BackendContract {
  @Override
  protected BackendProvider provider() {
    return Sabotage.none().provider();
  }
}
