package gpt2j.backend.cuda.training;

import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.memory.CudaTensor;
import jcuda.driver.CUfunction;

/** Softmax and cross-entropy, forward and backward at once ({@code training_loss.cu}). */
final class TrainingLoss {
  private static final int BLOCK = 512;

  private final CudaRuntime runtime;
  private final CUfunction kernel;

  TrainingLoss(CudaRuntime runtime) {
    this.runtime = runtime;
    kernel = runtime.kernels().get("softmax_cross_entropy");
  }

  /** See {@link gpt2j.api.training.TrainingOperations#crossEntropy}. */
  void run(
      CudaTensor losses,
      CudaTensor logitsGradient,
      CudaTensor logits,
      CudaTensor targets,
      CudaTensor scale) {
    runtime
        .launcher()
        .begin()
        .address(losses.address())
        .address(logitsGradient.address())
        .address(logits.address())
        .address(targets.address())
        .address(scale.address())
        .integer(logits.shape().size(1))
        .launch(kernel, logits.shape().rows(), 1, 1, BLOCK, 0);
  }
}
