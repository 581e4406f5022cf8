package gpt2j.backend.cpu;

import gpt2j.api.BackendProvider;
import gpt2j.testkit.BackendContract;
import gpt2j.testkit.Feature;
import java.util.Set;

/** The contract of backends, with the default number of threads. */
class CpuBackendContractTest extends BackendContract {
  @Override
  protected BackendProvider provider() {
    return new CpuBackendProvider();
  }

  @Override
  protected Set<Feature> unsupported() {
    return Set.of(Feature.WEIGHTS_F16);
  }
}
