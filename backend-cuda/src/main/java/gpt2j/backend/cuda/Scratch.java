package gpt2j.backend.cuda;

import static jcuda.driver.CUresult.CUDA_SUCCESS;
import static jcuda.driver.JCudaDriver.cuMemsetD8Async;

import gpt2j.api.Usage;

/**
 * Memory for the inside of one operation, of a size that never changes, so that recorded steps may
 * keep its address. What needs more works in parts.
 */
final class Scratch implements AutoCloseable {
  /** Bytes for partial results. */
  static final int BYTES = 16 << 20;

  /** Counters of blocks that have finished. */
  static final int COUNTERS = 1 << 16;

  private static final long COUNTER_BYTES = (long) COUNTERS * Integer.BYTES;

  private final DeviceMemory.Region region; // the counters, then the partial results

  Scratch(Context context, DeviceMemory memory) {
    region = memory.allocate("working memory", COUNTER_BYTES + BYTES, Usage.ACTIVATION);
    int result = cuMemsetD8Async(region.pointer(0), (byte) 0, COUNTER_BYTES, context.stream());
    if (result != CUDA_SUCCESS) {
      region.close();
      Cuda.check("cuMemsetD8Async", result);
    }
  }

  /** {@link #BYTES} bytes with undefined contents. */
  long partials() {
    return region.address() + COUNTER_BYTES;
  }

  /** {@link #COUNTERS} counters, all zero whenever a kernel starts. */
  long counters() {
    return region.address();
  }

  @Override
  public void close() {
    region.close();
  }
}
