package gpt2j.backend.cuda.launch;

import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
import static jcuda.driver.JCudaDriver.cuFuncSetAttribute;

import gpt2j.api.tensor.DataType;
import gpt2j.backend.cuda.driver.Cuda;
import java.util.Locale;
import jcuda.driver.CUfunction;
import org.jspecify.annotations.Nullable;

/** Kernels that differ by the type of weights or cache and by a size, each looked up once. */
public final class KernelFamily {
  /** As many rows as the GEMV kernels take. */
  public static final int GEMV_ROWS = 8;

  private final Kernels kernels;
  private final String pattern;
  private final int dynamicShared;
  private final int[] sizes;
  private final @Nullable CUfunction[][] functions;

  /**
   * A family.
   *
   * @param pattern the kernels' name, with {@code %s} for the type and {@code %d} for the size
   * @param sizes in ascending order
   */
  public static KernelFamily of(Kernels kernels, String pattern, int... sizes) {
    return new KernelFamily(kernels, pattern, 0, sizes);
  }

  /**
   * A family of kernels with much shared memory. 48 KiB are given without asking, of which what a
   * kernel has for itself is a part.
   *
   * @param dynamicShared the most bytes of it that a launch asks for
   */
  public static KernelFamily withShared(
      Kernels kernels, int dynamicShared, String pattern, int... sizes) {
    return new KernelFamily(kernels, pattern, dynamicShared, sizes);
  }

  /**
   * The family of a product of 1 to {@link #GEMV_ROWS} rows.
   *
   * @param elements of x that a launch keeps in shared memory at most
   */
  public static KernelFamily ofGemv(Kernels kernels, int elements, String pattern) {
    return withShared(kernels, elements * Float.BYTES, pattern, 1, 2, 4, GEMV_ROWS);
  }

  private KernelFamily(Kernels kernels, String pattern, int dynamicShared, int... sizes) {
    this.kernels = kernels;
    this.pattern = pattern;
    this.dynamicShared = dynamicShared;
    this.sizes = sizes;
    functions = new CUfunction[DataType.values().length][sizes.length];
  }

  /** The smallest size that is at least {@code needed}. */
  public int size(int needed) {
    return sizes[index(needed)];
  }

  /** The kernel of that size. */
  public CUfunction get(DataType type, int needed) {
    int index = index(needed);
    CUfunction function = functions[type.ordinal()][index];
    if (function == null) {
      String name = String.format(Locale.ROOT, pattern, Kernels.suffix(type), sizes[index]);
      function = kernels.get(name);
      if (dynamicShared > 0) {
        Cuda.check(
            "cuFuncSetAttribute",
            cuFuncSetAttribute(
                function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, dynamicShared));
      }
      functions[type.ordinal()][index] = function;
    }
    return function;
  }

  private int index(int needed) {
    for (int i = 0; i < sizes.length; i++) {
      if (sizes[i] >= needed) {
        return i;
      }
    }
    throw new IllegalArgumentException(pattern + " has no size for " + needed);
  }
}
