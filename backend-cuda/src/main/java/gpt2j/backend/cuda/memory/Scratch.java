package gpt2j.backend.cuda.memory;

import static jcuda.driver.CUresult.CUDA_SUCCESS;
import static jcuda.driver.JCudaDriver.cuMemsetD8Async;

import gpt2j.api.tensor.Usage;
import gpt2j.backend.cuda.driver.Context;
import gpt2j.backend.cuda.driver.Cuda;

/**
 * Memory for the inside of one operation, of a size that never changes, so that recorded steps may
 * keep its address. What needs more works in parts.
 */
public final class Scratch implements AutoCloseable {
  /** Bytes for partial results. */
  public static final int BYTES = 16 << 20;

  /** Counters of blocks that have finished. */
  public static final int COUNTERS = 1 << 16;

  private static final long COUNTER_BYTES = (long) COUNTERS * Integer.BYTES;

  private final DeviceMemory.Region region; // the counters, then the partial results

  public Scratch(Context context, DeviceMemory memory) {
    region = memory.allocate("working memory", COUNTER_BYTES + BYTES, Usage.ACTIVATION);
    int result = cuMemsetD8Async(region.pointer(0), (byte) 0, COUNTER_BYTES, context.stream());
    if (result != CUDA_SUCCESS) {
      region.close();
      Cuda.check("cuMemsetD8Async", result);
    }
  }

  /** {@link #BYTES} bytes with undefined contents. */
  public long partials() {
    return region.address() + COUNTER_BYTES;
  }

  /** {@link #COUNTERS} counters, all zero whenever a kernel starts. */
  public long counters() {
    return region.address();
  }

  @Override
  public void close() {
    region.close();
  }
}
