package gpt2j.backend.cuda.gemm;

import static jcuda.cudaDataType.CUDA_R_16BF;
import static jcuda.cudaDataType.CUDA_R_16F;
import static jcuda.cudaDataType.CUDA_R_32F;
import static jcuda.jcublas.JCublas2.cublasCreate;
import static jcuda.jcublas.JCublas2.cublasDestroy;
import static jcuda.jcublas.JCublas2.cublasGemmEx_new;
import static jcuda.jcublas.JCublas2.cublasSetStream;
import static jcuda.jcublas.JCublas2.cublasSetWorkspace;
import static jcuda.jcublas.cublasComputeType.CUBLAS_COMPUTE_32F;
import static jcuda.jcublas.cublasGemmAlgo.CUBLAS_GEMM_DEFAULT;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_N;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_T;

import gpt2j.api.DeviceFailureException;
import gpt2j.api.Epilogue;
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Usage;
import gpt2j.backend.cuda.driver.Closer;
import gpt2j.backend.cuda.driver.CudaDevice;
import gpt2j.backend.cuda.driver.CudaDevice.Capability;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.launch.Kernels;
import gpt2j.backend.cuda.memory.DeviceMatrix;
import gpt2j.backend.cuda.memory.DeviceMemory;
import java.util.EnumSet;
import java.util.Set;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/**
 * NVIDIA's cuBLAS. It multiplies; a kernel of our own does the rest: bias, GELU, residual. Weights
 * of 16 bits are multiplied twice, by the two parts of each activation, so that results are as good
 * as those of {@link CustomGemm}; float32 weights are multiplied in float32, never in TF32.
 */
final class CublasGemm implements Gemm {
  /** What NVIDIA recommends for Hopper, where the most is needed. */
  private static final int WORKSPACE_BYTES = 32 << 20;

  private static final Capability BF16_CAPABILITY = new Capability(8, 0);
  private static final String EPILOGUE = "linear_epilogue";
  private static final int PRODUCT_BYTES = 16 << 20;
  private static final int BLOCK = 256;

  private final CudaRuntime runtime;
  private final RowSplitter splitter;
  private final Closer closer = new Closer();
  private final cublasHandle handle = new cublasHandle();
  private final DeviceMemory.Region product; // what a residual is added to
  private final CUfunction finish;
  private final String description;
  private final Set<DataType> types;
  private final Pointer one = Pointer.to(new float[] {1});
  private final Pointer zero = Pointer.to(new float[] {0});

  /**
   * A handle of cuBLAS.
   *
   * @param library must have been loaded
   */
  CublasGemm(CudaRuntime runtime, RowSplitter splitter, CublasLibrary.Result library) {
    this.runtime = runtime;
    this.splitter = splitter;
    description = "cuBLAS " + library;
    types = types(runtime.context().device());
    finish = runtime.kernels().get(EPILOGUE);
    try {
      DeviceMemory.Region workspace = closer.add(allocate(WORKSPACE_BYTES));
      product = closer.add(allocate(PRODUCT_BYTES));
      check("cublasCreate", cublasCreate(handle));
      closer.add(() -> check("cublasDestroy", cublasDestroy(handle)));
      check(
          "cublasSetStream", cublasSetStream(handle, new cudaStream_t(runtime.context().stream())));
      // After the stream, which would take it away again. Without a workspace of the user cuBLAS
      // allocates some when it likes, which a recorded step doesn't allow.
      check(
          "cublasSetWorkspace", cublasSetWorkspace(handle, workspace.pointer(0), WORKSPACE_BYTES));
    } catch (RuntimeException e) {
      closer.closeAfter(e);
      throw e;
    }
  }

  /** The types of weights that it multiplies on a device. */
  static Set<DataType> types(CudaDevice device) {
    return device.capability().compareTo(BF16_CAPABILITY) < 0
        ? EnumSet.of(DataType.F32, DataType.F16)
        : EnumSet.of(DataType.F32, DataType.F16, DataType.BF16);
  }

  private DeviceMemory.Region allocate(int bytes) {
    return runtime.memory().allocate("working memory of cuBLAS", bytes, Usage.ACTIVATION);
  }

  private static void check(String function, int status) {
    if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      throw new DeviceFailureException(
          "%s failed with %s (%d)".formatted(function, cublasStatus.stringFor(status), status));
    }
  }

  @Override
  public void multiply(long out, long x, int rows, DeviceMatrix weights, Epilogue epilogue) {
    long outRow = (long) weights.rows() * Float.BYTES;
    long xRow = (long) weights.columns() * Float.BYTES;
    if (!types.contains(weights.type())) {
      throw new UnsupportedException(
          "cuBLAS makes no products of bf16 weights on a device of capability %s: use gemm custom"
              .formatted(runtime.context().device().capability()));
    }
    boolean adds = epilogue == Epilogue.ADD_TO_OUT;
    int most = adds ? Math.toIntExact(Math.max(1, PRODUCT_BYTES / outRow)) : rows;
    if (adds && outRow > PRODUCT_BYTES) {
      throw new UnsupportedException(
          "cuBLAS makes no products of %,d outputs that are added here".formatted(weights.rows()));
    }
    if (isHalf(weights.type())) {
      splitter.forEach(
          x,
          rows,
          weights,
          most,
          (first, count, high, low, scales) -> {
            long partOut = out + first * outRow;
            long target = adds ? product.address() : partOut;
            int type = weights.type() == DataType.F16 ? CUDA_R_16F : CUDA_R_16BF;
            multiply(target, high, type, weights.leading(), count, weights, zero);
            multiply(target, low, type, weights.leading(), count, weights, one);
            finish(partOut, target, scales, weights.bias(), count, weights.rows(), epilogue);
          });
    } else {
      for (int first = 0; first < rows; first += most) {
        int count = Math.min(most, rows - first);
        long partOut = out + first * outRow;
        long target = adds ? product.address() : partOut;
        multiply(target, x + first * xRow, CUDA_R_32F, weights.columns(), count, weights, zero);
        finish(partOut, target, 0, weights.bias(), count, weights.rows(), epilogue);
      }
    }
  }

  /** Whether a type is one of halves, of which tensor cores make products. */
  private static boolean isHalf(DataType type) {
    return type == DataType.F16 || type == DataType.BF16;
  }

  @Override
  public void multiply(PlainProduct p) {
    int rows = p.rows();
    int columns = p.columns();
    int depth = p.depth();
    Operand a = new Operand(p.a(), CUDA_R_32F, depth, false);
    Operand b = new Operand(p.b(), CUDA_R_32F, columns, false);
    switch (p.form()) {
      case STORED -> multiply(p.out(), rows, columns, depth, a, b, zero);
      case TRANSPOSED -> {
        Operand transposed = new Operand(p.b(), CUDA_R_32F, depth, true);
        multiply(p.out(), rows, columns, depth, a, transposed, zero);
      }
      case ADDED -> {
        Operand transposed = new Operand(p.a(), CUDA_R_32F, rows, true);
        multiply(p.out(), rows, columns, depth, transposed, b, one);
      }
    }
    finish(p.out(), p.out(), 0, p.bias(), rows, columns, Epilogue.NONE);
  }

  /** {@code out[rows][outputs] = x[rows][inputs]·Wᵀ + kept·out}. */
  private void multiply(
      long out, long x, int type, int xLeading, int rows, DeviceMatrix weights, Pointer kept) {
    Operand a = new Operand(x, type, xLeading, false);
    Operand b = new Operand(weights.address(), type, weights.leading(), true);
    multiply(out, rows, weights.rows(), weights.columns(), a, b, kept);
  }

  /**
   * A matrix that is multiplied.
   *
   * @param leading elements from one row in memory to the next
   */
  private record Operand(long address, int type, int leading, boolean transposed) {
    int operation() {
      return transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
    }
  }

  /**
   * {@code out[rows][columns] = a·b + kept·out}. cuBLAS counts columns first, so to it our matrices
   * are transposed already: {@code outᵀ = bᵀ·aᵀ}.
   */
  private void multiply(
      long out, int rows, int columns, int depth, Operand a, Operand b, Pointer kept) {
    check(
        "cublasGemmEx",
        cublasGemmEx_new(
            handle,
            b.operation(),
            a.operation(),
            columns,
            rows,
            depth,
            one,
            new DeviceAddress(b.address()),
            b.type(),
            b.leading(),
            new DeviceAddress(a.address()),
            a.type(),
            a.leading(),
            kept,
            new DeviceAddress(out),
            CUDA_R_32F,
            columns,
            CUBLAS_COMPUTE_32F,
            CUBLAS_GEMM_DEFAULT));
  }

  private void finish(
      long out, long from, long scales, long bias, int rows, int columns, Epilogue epilogue) {
    if (scales == 0 && bias == 0 && epilogue == Epilogue.NONE) {
      return;
    }
    runtime
        .launcher()
        .begin()
        .address(out)
        .address(from)
        .address(scales)
        .address(bias)
        .integer(columns)
        .integer(rows)
        .integer(Kernels.code(epilogue))
        .launch(finish, rows, Math.ceilDiv(columns, BLOCK), 1, BLOCK, 0);
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public void close() {
    closer.close();
  }
}
