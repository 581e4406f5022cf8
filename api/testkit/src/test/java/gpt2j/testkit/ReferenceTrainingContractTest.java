package gpt2j.testkit;

import gpt2j.api.BackendProvider;

/**
 * The reference backend's training against central differences, and against itself. It runs behind
 * the same wrapper as the bugs of {@link SabotageTest}, so that what fails there fails for the bug.
 */
class ReferenceTrainingContractTest extends TrainingContract {
  @Override
  protected BackendProvider provider() {
    return Sabotage.none().provider();
  }
}
