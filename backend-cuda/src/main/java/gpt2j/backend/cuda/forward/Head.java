package gpt2j.backend.cuda.forward;

import gpt2j.api.Epilogue;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.launch.KernelFamily;
import gpt2j.backend.cuda.launch.KernelLauncher;
import gpt2j.backend.cuda.memory.CudaTensor;
import gpt2j.backend.cuda.memory.DeviceMatrix;
import jcuda.driver.CUfunction;

/**
 * The output head together with the draw behind it. One kernel makes the logits and does the draw's
 * work on them while they are in registers: all of it, or, for rows with filters, it finds the
 * largest logit of each span of tokens, so that the draw's own kernel need not read them all.
 * Logits and tokens are those of the single operations, bit for bit.
 */
public final class Head {
  /** Elements of x in shared memory, all rows together: eight rows of the largest GPT-2. */
  private static final int SHARED_ELEMENTS = 12_800;

  private static final int BLOCK = 256;
  private static final int WARPS = BLOCK / 32;

  private final CudaRuntime runtime;
  private final Linear linear;
  private final KernelFamily kernels;

  public Head(CudaRuntime runtime, Linear linear) {
    this.runtime = runtime;
    this.linear = linear;
    kernels = KernelFamily.ofGemv(runtime.kernels(), SHARED_ELEMENTS, "gemv_head_%s_r%d");
  }

  /**
   * Whether it makes the product as {@link Products} would: as a head, without what else products
   * may have, with outputs enough for all warps, and of few columns.
   */
  boolean takes(Pending.Product product) {
    DeviceMatrix weights = product.weights();
    int size = kernels.size(product.x().shape().rows());
    return product.epilogue() == Epilogue.NONE
        && !weights.biased()
        && linear.splits(weights, size) == 1
        && weights.leading() <= SHARED_ELEMENTS / size;
  }

  /** Queues the product, with its norm, and a draw from its result for every row. */
  void multiplyAndDraw(Pending.Product product, CudaTensor tokens, CudaSamplingState state) {
    DeviceMatrix weights = product.weights();
    int rows = product.x().shape().rows();
    int size = kernels.size(rows);
    int blocks = linear.grid(weights, size, 1);
    int outputs = Linear.outputsOfWarp(size);
    int span = Math.ceilDiv(Math.ceilDiv(weights.rows(), WARPS * blocks), outputs) * outputs;
    long candidates = runtime.scratch().partials(); // [rows][blocks]
    long peaks =
        candidates + (long) rows * blocks * CudaSamplingState.CANDIDATE_BYTES; // [rows][spans]

    CUfunction kernel = kernels.get(weights.type(), rows);
    Pending.Norm norm = product.norm();
    KernelLauncher launch =
        runtime
            .launcher()
            .begin()
            .address(product.out().address())
            .address(norm == null ? product.x().address() : norm.x().address())
            .address(weights.address())
            .integer(weights.columns())
            .integer(weights.rows())
            .integer(weights.leading())
            .integer(rows);
    Linear.addTo(launch, norm).integer(span);
    state.addTo(launch);
    launch
        .address(tokens.address())
        .address(candidates)
        .address(runtime.scratch().counters())
        .address(peaks)
        .launch(kernel, blocks, 1, 1, BLOCK, Float.BYTES * size * weights.leading());
    state.drawFiltered(tokens, product.out(), peaks, span);
  }
}
