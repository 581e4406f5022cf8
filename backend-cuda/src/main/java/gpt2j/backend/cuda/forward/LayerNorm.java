package gpt2j.backend.cuda.forward;

import gpt2j.backend.cuda.launch.CudaRuntime;
import jcuda.driver.CUfunction;

/** The norm as a kernel of its own. */
public final class LayerNorm {
  private static final int BLOCK = 256;

  private final CudaRuntime runtime;
  private final CUfunction kernel;

  public LayerNorm(CudaRuntime runtime) {
    this.runtime = runtime;
    kernel = runtime.kernels().get("layer_norm");
  }

  void run(Pending.Norm norm) {
    runtime
        .launcher()
        .begin()
        .address(norm.out().address())
        .address(norm.x().address())
        .address(norm.gain().address())
        .address(norm.bias().address())
        .real(norm.epsilon())
        .integer(norm.x().shape().size(1))
        .launch(kernel, norm.x().shape().rows(), 1, 1, BLOCK, 0);
  }
}
