package gpt2j.backend.cuda;

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

  private final Closer closer = new Closer();
  private final DeviceMemory.Region partials;
  private final DeviceMemory.Region counters;

  Scratch(Context context, DeviceMemory memory) {
    try {
      partials = closer.add(memory.allocate("working memory", BYTES, Usage.ACTIVATION));
      long bytes = (long) COUNTERS * Integer.BYTES;
      counters = closer.add(memory.allocate("working memory", bytes, Usage.ACTIVATION));
      Cuda.check(
          "cuMemsetD8Async",
          cuMemsetD8Async(counters.pointer(0), (byte) 0, bytes, context.stream()));
    } catch (RuntimeException e) {
      closer.closeAfter(e);
      throw e;
    }
  }

  /** {@link #BYTES} bytes with undefined contents. */
  long partials() {
    return partials.address();
  }

  /** {@link #COUNTERS} counters, all zero whenever a kernel starts. */
  long counters() {
    return counters.address();
  }

  @Override
  public void close() {
    closer.close();
  }
}
