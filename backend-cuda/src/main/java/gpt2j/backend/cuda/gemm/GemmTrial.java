package gpt2j.backend.cuda.gemm;

import gpt2j.api.Epilogue;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Usage;
import gpt2j.backend.cuda.driver.Cuda;
import gpt2j.backend.cuda.driver.Event;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.memory.DeviceMatrix;
import gpt2j.backend.cuda.memory.DeviceMemory;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import jcuda.driver.JCudaDriver;

/**
 * Finds out which of two ways is faster on this device, when a backend opens: by a product such as
 * a prompt needs, or, where one takes too long, by a smaller one. Some milliseconds in all.
 */
final class GemmTrial {
  /**
   * By how much cuBLAS must win. Both round differently, so that the choice should be the same each
   * time: where they are about as fast it would be a matter of chance.
   */
  private static final double ADVANTAGE = 1.1;

  /** Rows, and inputs and outputs, of the products tried; the largest decides. */
  private static final List<Size> SIZES = List.of(new Size(64, 256), new Size(1024, 1024));

  /** A size that takes longer than this for one product is the last. */
  private static final long ENOUGH_NANOS = 1_000_000;

  private static final int REPETITIONS = 5;

  private record Size(int rows, int width) {}

  private final CudaRuntime runtime;
  private final Gemm custom;
  private final Gemm cublas;

  GemmTrial(CudaRuntime runtime, Gemm custom, Gemm cublas) {
    this.runtime = runtime;
    this.custom = custom;
    this.cublas = cublas;
  }

  /** Those of the types for which cuBLAS is faster. */
  Set<DataType> fasterByCublas(Iterable<DataType> types) {
    Set<DataType> faster = EnumSet.noneOf(DataType.class);
    for (DataType type : types) {
      if (isFaster(type)) {
        faster.add(type);
      }
    }
    return faster;
  }

  private boolean isFaster(DataType type) {
    return isFaster(
        type,
        (weights, x, out, size) -> {
          int width = size.width();
          DeviceMatrix matrix = new DeviceMatrix(weights, type, width, width, false);
          return gemm ->
              gemm.multiply(out.address(), x.address(), size.rows(), matrix, Epilogue.GELU_TANH);
        });
  }

  /** Whether it is for plain matrices. */
  boolean plainIsFasterByCublas() {
    return isFaster(
        DataType.F32,
        (weights, x, out, size) -> {
          PlainProduct product =
              new PlainProduct(
                  PlainProduct.Form.STORED,
                  out.address(),
                  x.address(),
                  weights.address(),
                  0,
                  size.rows(),
                  size.width(),
                  size.width());
          return gemm -> gemm.multiply(product);
        });
  }

  /** Prepares the product of a size. */
  private interface Preparation {
    Consumer<Gemm> of(
        DeviceMemory.Region weights, DeviceMemory.Region x, DeviceMemory.Region out, Size size);
  }

  private boolean isFaster(DataType type, Preparation preparation) {
    boolean faster = false;
    for (Size size : SIZES) {
      int width = size.width();
      try (Event begin = Event.timing();
          Event end = Event.timing();
          DeviceMemory.Region weights = zeros(DeviceMatrix.bytes(type, width, width, false));
          DeviceMemory.Region x = zeros((long) size.rows() * width * Float.BYTES);
          DeviceMemory.Region out = zeros((long) size.rows() * width * Float.BYTES)) {
        Consumer<Gemm> product = preparation.of(weights, x, out, size);
        // The first one of each loads what it needs.
        nanos(product, custom, begin, end);
        nanos(product, cublas, begin, end);
        long ownBest = Long.MAX_VALUE;
        long libraryBest = Long.MAX_VALUE;
        for (int i = 0; i < REPETITIONS && Math.max(ownBest, libraryBest) > 0; i++) {
          ownBest = Math.min(ownBest, nanos(product, custom, begin, end));
          libraryBest = Math.min(libraryBest, nanos(product, cublas, begin, end));
        }
        faster = ownBest > ADVANTAGE * libraryBest;
        if (Math.max(ownBest, libraryBest) > ENOUGH_NANOS) {
          break;
        }
      }
    }
    return faster;
  }

  private long nanos(Consumer<Gemm> product, Gemm gemm, Event begin, Event end) {
    begin.record(runtime.context().stream());
    product.accept(gemm);
    end.record(runtime.context().stream());
    end.synchronize();
    return end.nanosSince(begin);
  }

  /** Zeros: what memory happens to hold might be numbers that no product has. */
  private DeviceMemory.Region zeros(long bytes) {
    DeviceMemory.Region region =
        runtime.memory().allocate("a trial of cuBLAS", bytes, Usage.ACTIVATION);
    try {
      Cuda.check(
          "cuMemsetD8Async",
          JCudaDriver.cuMemsetD8Async(
              region.pointer(0), (byte) 0, bytes, runtime.context().stream()));
      return region;
    } catch (RuntimeException e) {
      region.close();
      throw e;
    }
  }
}
