package gpt2j.backend.cuda.gemm;

import gpt2j.backend.cuda.launch.CudaRuntime;
import jcuda.driver.CUfunction;

/** Adds up, in a fixed order, what several blocks have left in the working memory. */
public final class PartialSums {
  private static final int BLOCK = 256;

  private final CudaRuntime runtime;
  private final CUfunction addParts;

  public PartialSums(CudaRuntime runtime) {
    this.runtime = runtime;
    addParts = runtime.kernels().get("training_add_parts");
  }

  /** Where the parts are to lie, {@link gpt2j.backend.cuda.memory.Scratch#BYTES} bytes. */
  public long parts() {
    return runtime.scratch().partials();
  }

  /**
   * Queues {@code out[elements] = Σ parts[parts][elements] + bias}, plus what is there if {@code
   * add}.
   *
   * @param bias address of {@code [columns]}, or 0
   * @param columns divides elements
   */
  public void finish(long out, long bias, int columns, long elements, int parts, boolean add) {
    runtime
        .launcher()
        .begin()
        .address(out)
        .address(parts())
        .address(bias)
        .integer(columns)
        .wide(elements)
        .integer(parts)
        .integer(add ? 1 : 0)
        .launch(addParts, Math.toIntExact(Math.ceilDiv(elements, BLOCK)), 1, 1, BLOCK, 0);
  }
}
