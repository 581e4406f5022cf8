package gpt2j.backend.cuda.training;

import gpt2j.api.tensor.GeluForm;
import gpt2j.api.training.Dropout;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.launch.KernelLauncher;
import gpt2j.backend.cuda.launch.Kernels;
import gpt2j.backend.cuda.memory.CudaTensor;
import jcuda.driver.CUfunction;

/** What training does to each number by itself ({@code training_elementwise.cu}). */
final class Elementwise {
  private static final int BLOCK = 256;

  /** Elements that a thread takes. */
  private static final int VECTOR = 4;

  private final CudaRuntime runtime;
  private final CUfunction gelu;
  private final CUfunction geluBackward;
  private final CUfunction dropout;
  private final CUfunction addResidual;
  private final CUfunction zero;

  Elementwise(CudaRuntime runtime) {
    this.runtime = runtime;
    Kernels kernels = runtime.kernels();
    gelu = kernels.get("gelu");
    geluBackward = kernels.get("gelu_backward");
    dropout = kernels.get("dropout");
    addResidual = kernels.get("add_residual");
    zero = kernels.get("zero");
  }

  /** Queues a kernel that takes {@code elements} as {@code Part::of_thread} does. */
  static void launch(KernelLauncher launch, CUfunction kernel, long elements) {
    launch.launch(kernel, Math.toIntExact(Math.ceilDiv(elements, BLOCK * VECTOR)), 1, 1, BLOCK, 0);
  }

  void gelu(CudaTensor out, CudaTensor x, GeluForm form) {
    long elements = x.shape().elements();
    launch(
        runtime
            .launcher()
            .begin()
            .address(out.address())
            .address(x.address())
            .wide(elements)
            .integer(code(form)),
        gelu,
        elements);
  }

  void geluBackward(CudaTensor xGradient, CudaTensor outGradient, CudaTensor x, GeluForm form) {
    long elements = x.shape().elements();
    launch(
        runtime
            .launcher()
            .begin()
            .address(xGradient.address())
            .address(outGradient.address())
            .address(x.address())
            .wide(elements)
            .integer(code(form)),
        geluBackward,
        elements);
  }

  /** As the epilogue of the same form. */
  private static int code(GeluForm form) {
    return switch (form) {
      case TANH -> 1;
      case ERF -> 2;
    };
  }

  void dropout(CudaTensor out, CudaTensor x, Dropout mask) {
    if (mask != Dropout.NONE || !out.isSame(x)) {
      dropped(dropout, out, x, mask);
    }
  }

  void addResidual(CudaTensor out, CudaTensor x, Dropout mask) {
    dropped(addResidual, out, x, mask);
  }

  private void dropped(CUfunction kernel, CudaTensor out, CudaTensor x, Dropout mask) {
    long elements = x.shape().elements();
    KernelLauncher launch =
        runtime.launcher().begin().address(out.address()).address(x.address()).wide(elements);
    launch(DropoutParameters.addTo(launch, mask), kernel, elements);
  }

  void zero(CudaTensor out) {
    long elements = out.shape().elements();
    launch(runtime.launcher().begin().address(out.address()).wide(elements), zero, elements);
  }
}
