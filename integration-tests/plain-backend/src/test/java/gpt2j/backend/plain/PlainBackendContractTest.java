package gpt2j.backend.plain;

import gpt2j.api.BackendProvider;
import gpt2j.testkit.BackendContract;
import gpt2j.testkit.Feature;
import java.util.EnumSet;
import java.util.Set;

class PlainBackendContractTest extends BackendContract {
  @Override
  protected BackendProvider provider() {
    return new PlainBackendProvider();
  }

  @Override
  protected Set<Feature> unsupported() {
    return EnumSet.of(
        Feature.WEIGHTS_F16,
        Feature.WEIGHTS_BF16,
        Feature.WEIGHTS_Q8_0,
        Feature.WEIGHTS_Q4_0,
        Feature.CACHE_F16,
        Feature.CACHE_BF16,
        Feature.CACHE_Q8_0,
        Feature.TENSOR_F16,
        Feature.TENSOR_BF16);
  }
}
