package gpt2j.backend.cuda.forward;

import gpt2j.api.Epilogue;
import gpt2j.backend.cuda.gemm.Gemm;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.launch.KernelFamily;
import gpt2j.backend.cuda.launch.KernelLauncher;
import gpt2j.backend.cuda.launch.Kernels;
import gpt2j.backend.cuda.memory.CudaKvCache;
import gpt2j.backend.cuda.memory.CudaTensor;
import gpt2j.backend.cuda.memory.DeviceMatrix;
import jcuda.driver.CUfunction;
import org.jspecify.annotations.Nullable;

/**
 * Products with matrices of weights: GEMV, for few rows, here, GEMM, for many, by a {@link Gemm}.
 */
public final class Linear {
  /** Elements of x that a GEMV keeps in shared memory, all rows together. */
  private static final int SHARED_ELEMENTS = 12_288;

  private static final int BLOCK = 256;
  private static final int WARP = 32;
  private static final int WARPS = BLOCK / WARP;
  private static final int MOST_SPLITS = 8;
  private static final int LOAD_BYTES = 16;

  private final CudaRuntime runtime;
  private final Gemm gemm;
  private final boolean batchInvariant;
  private final KernelFamily kernels;

  /**
   * Products.
   *
   * @param batchInvariant whether a row's sums must not depend on how many rows there are
   */
  public Linear(CudaRuntime runtime, Gemm gemm, boolean batchInvariant) {
    this.runtime = runtime;
    this.gemm = gemm;
    this.batchInvariant = batchInvariant;
    kernels = KernelFamily.ofGemv(runtime.kernels(), SHARED_ELEMENTS, "gemv_%s_r%d");
  }

  /**
   * {@code out[rows][outputs] = epilogue(x[rows][inputs]·Wᵀ + bias)}. What is batch-invariant makes
   * many rows a few at a time, for only so are they added up in the order of few.
   */
  void multiply(CudaTensor out, CudaTensor x, DeviceMatrix weights, Epilogue epilogue) {
    int rows = x.shape().rows();
    if (rows > KernelFamily.GEMV_ROWS && !batchInvariant) {
      gemm.multiply(out.address(), x.address(), rows, weights, epilogue);
      return;
    }
    for (int first = 0; first < rows; first += KernelFamily.GEMV_ROWS) {
      int count = Math.min(KernelFamily.GEMV_ROWS, rows - first);
      CudaTensor to = CudaTensor.of(out.rows(first, count));
      CudaTensor from = CudaTensor.of(x.rows(first, count));
      gemv(new Pending.Product(null, to, from, weights, epilogue), null);
    }
  }

  /**
   * A product of few rows, with the norm before it and the cache behind it where there are such.
   */
  void gemv(Pending.Product product, @Nullable Append append) {
    DeviceMatrix weights = product.weights();
    int rows = product.x().shape().rows();
    int size = kernels.size(rows);
    CUfunction kernel = kernels.get(weights.type(), rows);
    int splits = splits(weights, size);
    Pending.Norm norm = product.norm();
    KernelLauncher launch =
        runtime
            .launcher()
            .begin()
            .address(product.out().address())
            .address(norm == null ? product.x().address() : norm.x().address())
            .address(weights.address())
            .address(weights.bias())
            .integer(weights.columns())
            .integer(weights.rows())
            .integer(weights.leading())
            .integer(rows)
            .integer(Kernels.code(product.epilogue()))
            .integer(splits);
    addTo(launch, norm);
    if (append == null) {
      launch.address(0).address(0).address(0).address(0);
      launch.integer(0).integer(0).integer(0).integer(0).integer(0);
    } else {
      append.addTo(launch);
    }
    launch.launch(kernel, grid(weights, size, splits), 1, 1, BLOCK, shared(weights, size));
  }

  /** Adds what a kernel must know of the norm before its product. */
  static KernelLauncher addTo(KernelLauncher launch, Pending.@Nullable Norm norm) {
    if (norm == null) {
      return launch.address(0).address(0).real(0).address(0);
    }
    return launch
        .address(norm.gain().address())
        .address(norm.bias().address())
        .real(norm.epsilon())
        .address(norm.out().address());
  }

  /** Blocks of a product of few rows. */
  int grid(DeviceMatrix weights, int size, int splits) {
    int blocks = blocks(weights, size, splits);
    return Math.min(blocks, 4 * runtime.multiprocessors());
  }

  /**
   * Warps that share one output: more where there would be too few to keep the device busy. They
   * decide in which order an output is added up, so what is batch-invariant has as many for all
   * sizes.
   */
  int splits(DeviceMatrix weights, int size) {
    int loadElements = LOAD_BYTES / weights.type().bytes();
    int most = batchInvariant ? mostAlike(loadElements) : MOST_SPLITS;
    int judged = batchInvariant ? 1 : size;
    int splits = 1;
    while (splits < most
        && blocks(weights, judged, splits) < 2 * runtime.multiprocessors()
        && weights.leading() >= 64 * loadElements * splits) {
      splits *= 2;
    }
    return splits;
  }

  /**
   * With more splits the kernel of the largest size would add up in another order: it keeps the
   * fewest elements of a row in shared memory at a time, which must be a multiple of what the warps
   * of an output take in one turn.
   */
  private static int mostAlike(int loadElements) {
    int kept = SHARED_ELEMENTS / KernelFamily.GEMV_ROWS;
    int splits = MOST_SPLITS;
    while (kept % (WARP * loadElements * splits) != 0) {
      splits /= 2;
    }
    return splits;
  }

  private static int blocks(DeviceMatrix weights, int size, int splits) {
    return Math.toIntExact(
        Math.ceilDiv((long) weights.rows() * splits, WARPS * outputsOfWarp(size)));
  }

  /** Outputs that a warp makes at once: 1, 2, 2, 4 for kernels of 1, 2, 4, 8 rows. */
  static int outputsOfWarp(int size) {
    return size == 1 ? 1 : Math.max(2, size / 2);
  }

  private static int shared(DeviceMatrix weights, int size) {
    return Float.BYTES * size * Math.min(weights.leading(), SHARED_ELEMENTS / size);
  }

  /** Where the keys and values of a product go. */
  public record Append(CudaKvCache cache, int layer, CudaTensor slots, CudaTensor positions) {
    private void addTo(KernelLauncher launch) {
      launch
          .address(cache.keys(layer))
          .address(cache.values(layer))
          .address(slots.address())
          .address(positions.address())
          .integer(Kernels.code(cache.type()))
          .integer(cache.spec().sequences())
          .integer(cache.spec().heads())
          .integer(cache.spec().headSize())
          .integer(cache.spec().capacity());
    }
  }
}
