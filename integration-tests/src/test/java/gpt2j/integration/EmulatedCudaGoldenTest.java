package gpt2j.integration;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.tensor.WeightFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.extension.ExtendWith;

/** On the emulated CUDA driver: models that differ in what kernels do, not in their files. */
@ExtendWith(EmulatedDriver.class)
final class EmulatedCudaGoldenTest extends GoldenContract {
  private static final Set<String> NAMES =
      Set.of(
          "five-heads-of-seven",
          "gelu-erf",
          "gelu-tanh",
          "head-size-64",
          "large-mean",
          "n-inner",
          "peaked-attention-20",
          "scaled-by-layer",
          "unscaled-attention",
          "untied-head");

  @Override
  List<Golden> goldens() {
    return super.goldens().stream().filter(golden -> NAMES.contains(golden.toString())).toList();
  }

  @Override
  List<Golden> recomputed() {
    return goldens().subList(0, 2);
  }

  @Override
  Backend open() {
    return Backends.open("cuda", BackendOptions.defaults());
  }

  @Override
  double roundedTolerance() {
    return CudaTolerance.of(WeightFormat.BF16);
  }
}
