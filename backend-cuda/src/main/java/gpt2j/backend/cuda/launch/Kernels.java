package gpt2j.backend.cuda.launch;

import static jcuda.driver.CUresult.CUDA_ERROR_NOT_FOUND;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleUnload;

import gpt2j.api.Epilogue;
import gpt2j.api.tensor.DataType;
import gpt2j.backend.cuda.driver.Cuda;
import java.util.HashMap;
import java.util.Map;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;

/** The kernels of one PTX variant, loaded into a context. */
public final class Kernels implements AutoCloseable {
  private final CUmodule module;
  private final PtxVariant variant;
  private final Map<String, CUfunction> functions = new HashMap<>();

  Kernels(CUmodule module, PtxVariant variant) {
    this.module = module;
    this.variant = variant;
  }

  /** What was loaded. */
  public PtxVariant variant() {
    return variant;
  }

  /** A kernel by its name; those who launch it keep it. */
  public CUfunction get(String name) {
    return functions.computeIfAbsent(name, this::find);
  }

  private CUfunction find(String name) {
    CUfunction function = new CUfunction();
    Cuda.check("cuModuleGetFunction of " + name, cuModuleGetFunction(function, module, name));
    return function;
  }

  /** Whether there is a kernel of this name; not every device can do what some need. */
  public boolean has(String name) {
    int result = cuModuleGetFunction(new CUfunction(), module, name);
    if (result == CUDA_ERROR_NOT_FOUND) {
      return false;
    }
    Cuda.check("cuModuleGetFunction of " + name, result);
    return true;
  }

  /** How kernels call a type in their names. */
  public static String suffix(DataType type) {
    return switch (type) {
      case F32 -> "f32";
      case F16 -> "f16";
      case BF16 -> "bf16";
      case I32 -> throw new IllegalArgumentException("no kernel has weights of " + type);
    };
  }

  /** The number by which a kernel is told a type. */
  public static int code(DataType type) {
    return switch (type) {
      case F32 -> 0;
      case F16 -> 1;
      case BF16 -> 2;
      case I32 -> throw new IllegalArgumentException("no kernel has weights of " + type);
    };
  }

  /** The number by which a kernel is told an epilogue. */
  public static int code(Epilogue epilogue) {
    return switch (epilogue) {
      case NONE -> 0;
      case GELU_TANH -> 1;
      case GELU_ERF -> 2;
      case ADD_TO_OUT -> 3;
    };
  }

  @Override
  public void close() {
    Cuda.check("cuModuleUnload", cuModuleUnload(module));
  }
}
