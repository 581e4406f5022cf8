package gpt2j.testkit;

import gpt2j.api.BackendProvider;
import java.util.Set;

/**
 * The contract of training of the backend that {@link SabotagedContract} has. Run by {@link
 * SabotageTest}, never by itself.
 */
class SabotagedTrainingContract extends TrainingContract {
  @Override
  protected BackendProvider provider() {
    return SabotagedContract.planted.provider();
  }

  @Override
  protected Set<Feature> unsupported() {
    return SabotagedContract.declared;
  }
}
