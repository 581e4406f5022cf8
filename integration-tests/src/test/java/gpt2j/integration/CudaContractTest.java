package gpt2j.integration;

import gpt2j.api.BackendProvider;
import gpt2j.testkit.BackendContract;
import gpt2j.testkit.Feature;
import java.util.Set;
import org.junit.jupiter.api.extension.ExtendWith;

/** The contract of backends on the machine's own CUDA device. */
@ExtendWith(GpuCondition.class)
final class CudaContractTest extends BackendContract {
  @Override
  protected BackendProvider provider() {
    return Backends.provider("cuda");
  }

  @Override
  protected Set<Feature> unsupported() {
    return Set.of(Feature.WEIGHTS_Q8_0, Feature.WEIGHTS_Q4_0, Feature.CACHE_Q8_0);
  }
}
