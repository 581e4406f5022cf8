package gpt2j.backend.cuda;

import jcuda.driver.CUfunction;

/** Adds up, in a fixed order, what several blocks have left in the working memory. */
final class PartialSums {
  private static final int BLOCK = 256;

  private final CudaRuntime runtime;
  private final CUfunction addParts;

  PartialSums(CudaRuntime runtime) {
    this.runtime = runtime;
    addParts = runtime.kernels().get("training_add_parts");
  }

  /** Where the parts are to lie, {@link Scratch#BYTES} bytes. */
  long parts() {
    return runtime.scratch().partials();
  }

  /**
   * Queues {@code out[elements] = Σ parts[parts][elements] + bias}, plus what is there if {@code
   * add}.
   *
   * @param bias address of {@code [columns]}, or 0
   * @param columns divides elements
   */
  void finish(long out, long bias, int columns, long elements, int parts, boolean add) {
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
