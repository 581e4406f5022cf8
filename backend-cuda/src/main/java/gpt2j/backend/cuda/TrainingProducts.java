package gpt2j.backend.cuda;

import gpt2j.api.UnsupportedException;
import org.jspecify.annotations.Nullable;

/** What training multiplies by matrices of parameters. */
final class TrainingProducts {
  /**
   * Products in the stream of {@code runtime}.
   *
   * @param gemm tells whether there is cuBLAS
   */
  TrainingProducts(CudaRuntime runtime, Gemm gemm) {}

  /** See {@link gpt2j.api.TrainingOperations#linear}. */
  void linear(CudaTensor out, CudaTensor x, CudaTensor weight, @Nullable CudaTensor bias) {
    throw new UnsupportedException("the cuda backend does not multiply in training");
  }

  /** See {@link gpt2j.api.TrainingOperations#linearBackward}. */
  void linearBackward(
      CudaTensor xGradient,
      CudaTensor weightGradient,
      @Nullable CudaTensor biasGradient,
      CudaTensor outGradient,
      CudaTensor x,
      CudaTensor weight) {
    throw new UnsupportedException("the cuda backend does not multiply in training");
  }

  /** See {@link gpt2j.api.TrainingOperations#logits}. */
  void logits(CudaTensor out, CudaTensor x, CudaTensor wte) {
    throw new UnsupportedException("the cuda backend does not multiply in training");
  }

  /** See {@link gpt2j.api.TrainingOperations#logitsBackward}. */
  void logitsBackward(
      CudaTensor xGradient,
      CudaTensor wteGradient,
      CudaTensor outGradient,
      CudaTensor x,
      CudaTensor wte) {
    throw new UnsupportedException("the cuda backend does not multiply in training");
  }
}
