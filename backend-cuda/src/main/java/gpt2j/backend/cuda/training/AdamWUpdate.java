package gpt2j.backend.cuda.training;

import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.AdamW;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.launch.KernelLauncher;
import gpt2j.backend.cuda.launch.Kernels;
import gpt2j.backend.cuda.memory.CudaTensor;
import gpt2j.backend.cuda.memory.Scratch;
import java.util.List;
import jcuda.driver.CUfunction;

/** The norm of all gradients, and AdamW ({@code training_optimizer.cu}). */
final class AdamWUpdate {
  private static final int BLOCK = 256;

  /** Tensors of a launch. */
  private static final int TENSORS = 32;

  /** Elements of a block. */
  private static final int CHUNK = 1 << 15;

  private final CudaRuntime runtime;
  private final CUfunction squaredNorms;
  private final CUfunction clipFactor;
  private final CUfunction adamW;

  AdamWUpdate(CudaRuntime runtime) {
    this.runtime = runtime;
    Kernels kernels = runtime.kernels();
    squaredNorms = kernels.get("squared_norms");
    clipFactor = kernels.get("clip_factor");
    adamW = kernels.get("adamw");
  }

  /** See {@link gpt2j.api.training.TrainingOperations#gradientNorm}. */
  void gradientNorm(CudaTensor out, List<Tensor> gradients, float maximum) {
    long sums = gradients.stream().mapToLong(AdamWUpdate::chunks).sum();
    if (sums > Scratch.BYTES / Double.BYTES) {
      throw new UnsupportedException(
          "the cuda backend adds up no more than %,d squares"
              .formatted((long) Scratch.BYTES / Double.BYTES * CHUNK));
    }
    long partials = runtime.scratch().partials();
    long done = 0;
    for (int first = 0; first < gradients.size(); first += TENSORS) {
      List<Tensor> some = gradients.subList(first, Math.min(gradients.size(), first + TENSORS));
      done += squaredNorms(partials + done * Double.BYTES, some);
    }
    runtime
        .launcher()
        .begin()
        .address(out.address())
        .address(partials)
        .integer((int) sums)
        .real(maximum)
        .launch(clipFactor, 1, 1, 1, BLOCK, 0);
  }

  private static long chunks(Tensor tensor) {
    return Math.ceilDiv(tensor.shape().elements(), CHUNK);
  }

  /** Queues the sums of at most {@link #TENSORS}; returns how many sums they are. */
  private long squaredNorms(long sums, List<Tensor> gradients) {
    KernelLauncher launch = runtime.launcher().begin().address(sums);
    long chunks = 0;
    for (Tensor gradient : gradients) {
      launch.address(CudaTensor.address(gradient)).wide(gradient.shape().elements());
      chunks += chunks(gradient);
    }
    for (int i = gradients.size(); i < TENSORS; i++) {
      launch.address(0).wide(0);
    }
    launch.launch(squaredNorms, Math.toIntExact(chunks), 1, 1, BLOCK, 0);
    return chunks;
  }

  /** See {@link gpt2j.api.training.TrainingOperations#adamW}. */
  void adamW(
      CudaTensor parameter,
      CudaTensor gradient,
      CudaTensor firstMoment,
      CudaTensor secondMoment,
      CudaTensor norm,
      CudaTensor schedule,
      AdamW settings) {
    long elements = parameter.shape().elements();
    Elementwise.launch(
        runtime
            .launcher()
            .begin()
            .address(parameter.address())
            .address(gradient.address())
            .address(firstMoment.address())
            .address(secondMoment.address())
            .address(norm.address())
            .address(schedule.address())
            .wide(elements)
            .real(settings.beta1())
            .real((float) (1 - (double) settings.beta1()))
            .real(settings.beta2())
            .real((float) (1 - (double) settings.beta2()))
            .real(settings.epsilon())
            .real(settings.weightDecay()),
        adamW,
        elements);
  }
}
