package gpt2j.backend.plain;

import gpt2j.api.BackendProvider;
import gpt2j.testkit.Feature;
import gpt2j.testkit.TrainingContract;
import java.util.Set;

class PlainTrainingContractTest extends TrainingContract {
  @Override
  protected BackendProvider provider() {
    return new PlainBackendProvider();
  }

  @Override
  protected Set<Feature> unsupported() {
    return Set.of(Feature.TRAINING);
  }
}
