package gpt2j.backend.cuda.training;

import gpt2j.api.training.Dropout;
import gpt2j.backend.cuda.launch.KernelLauncher;
import gpt2j.backend.cuda.memory.CudaTensor;

/** How kernels are told of dropout: the five parameters of {@code dropout.cuh}. */
final class DropoutParameters {
  private DropoutParameters() {}

  /**
   * Adds {@code pass?, threshold, factor, seed, site}; without dropout the pass is null and the
   * others have no meaning.
   */
  static KernelLauncher addTo(KernelLauncher launch, Dropout dropout) {
    return switch (dropout) {
      case Dropout.None _ -> launch.address(0).integer(0).real(1).wide(0).wide(0);
      case Dropout.Random random ->
          launch
              .address(CudaTensor.address(random.pass()))
              .integer(random.threshold())
              .real((float) (1 / (1 - (double) random.probability())))
              .wide(random.seed())
              .wide(random.site());
    };
  }
}
