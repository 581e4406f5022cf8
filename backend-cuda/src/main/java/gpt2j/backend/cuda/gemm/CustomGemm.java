package gpt2j.backend.cuda.gemm;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;

import gpt2j.api.Epilogue;
import gpt2j.api.tensor.DataType;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.launch.KernelFamily;
import gpt2j.backend.cuda.launch.KernelLauncher;
import gpt2j.backend.cuda.launch.Kernels;
import gpt2j.backend.cuda.memory.DeviceMatrix;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import jcuda.driver.CUfunction;

/**
 * This backend's own kernels. Weights of 16 bits go to the tensor cores: each activation is the sum
 * of two 16-bit numbers there, so that what is lost is about the rounding of float32 sums.
 */
final class CustomGemm implements Gemm {
  private static final int BLOCK = 256;
  private static final int TILE = 64;
  private static final int LARGE_TILE = 128;
  private static final int TILE_SHARED = 36_864;
  private static final int LARGE_TILE_SHARED = 73_728;
  private static final int TILE_BLOCK = 128;

  private final CudaRuntime runtime;
  private final KernelFamily tiled;
  private final RowSplitter splitter;
  private final PlainProducts plain;
  private final KernelFamily tensorCores;
  private final KernelFamily largeTensorCores;
  private final Set<DataType> tensorCoreTypes = EnumSet.noneOf(DataType.class);
  private final boolean largeTiles;

  CustomGemm(CudaRuntime runtime, RowSplitter splitter) {
    this.runtime = runtime;
    this.splitter = splitter;
    plain = new PlainProducts(runtime);
    tiled = KernelFamily.of(runtime.kernels(), "gemm_tiled_%s", 0);
    tensorCores = KernelFamily.of(runtime.kernels(), "gemm_tc_%s_%d", TILE);
    largeTensorCores =
        KernelFamily.withShared(runtime.kernels(), LARGE_TILE_SHARED, "gemm_tc_%s_%d", LARGE_TILE);
    for (DataType type : List.of(DataType.F16, DataType.BF16)) {
      if (runtime.kernels().has("gemm_tc_" + Kernels.suffix(type) + "_" + TILE)) {
        tensorCoreTypes.add(type);
      }
    }
    int most =
        runtime.context().device().attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
    largeTiles = most >= LARGE_TILE_SHARED;
  }

  @Override
  public void multiply(long out, long x, int rows, DeviceMatrix weights, Epilogue epilogue) {
    if (tensorCoreTypes.contains(weights.type())) {
      long outRow = (long) weights.rows() * Float.BYTES;
      splitter.forEach(
          x,
          rows,
          weights,
          rows,
          (first, count, high, low, scales) ->
              multiplyHalves(out + first * outRow, high, low, scales, count, weights, epilogue));
    } else {
      multiplyFloats(out, x, rows, weights, epilogue);
    }
  }

  private void multiplyFloats(long out, long x, int rows, DeviceMatrix weights, Epilogue epilogue) {
    runtime
        .launcher()
        .begin()
        .address(out)
        .address(x)
        .address(weights.address())
        .address(weights.bias())
        .integer(weights.columns())
        .integer(weights.rows())
        .integer(weights.leading())
        .integer(rows)
        .integer(Kernels.code(epilogue))
        .launch(
            tiled.get(weights.type(), 0),
            Math.ceilDiv(weights.rows(), TILE),
            Math.ceilDiv(rows, TILE),
            1,
            BLOCK,
            0);
  }

  private void multiplyHalves(
      long out,
      long high,
      long low,
      long scales,
      int rows,
      DeviceMatrix weights,
      Epilogue epilogue) {
    int largeX = Math.ceilDiv(weights.rows(), LARGE_TILE);
    int largeY = Math.ceilDiv(rows, LARGE_TILE);
    boolean large = largeTiles && (long) largeX * largeY >= runtime.multiprocessors();
    KernelLauncher launch =
        runtime
            .launcher()
            .begin()
            .address(out)
            .address(high)
            .address(low)
            .address(scales)
            .address(weights.address())
            .address(weights.bias())
            .integer(weights.columns())
            .integer(weights.rows())
            .integer(weights.leading())
            .integer(rows)
            .integer(Kernels.code(epilogue));
    if (large) {
      CUfunction kernel = largeTensorCores.get(weights.type(), LARGE_TILE);
      launch.launch(kernel, largeX, largeY, 1, BLOCK, LARGE_TILE_SHARED);
    } else {
      CUfunction kernel = tensorCores.get(weights.type(), TILE);
      int x = Math.ceilDiv(weights.rows(), TILE);
      int y = Math.ceilDiv(rows, TILE);
      launch.launch(kernel, x, y, 1, TILE_BLOCK, TILE_SHARED);
    }
  }

  @Override
  public void multiply(PlainProduct product) {
    plain.multiply(product);
  }

  @Override
  public String description() {
    return "own kernels";
  }

  @Override
  public void close() {}
}
