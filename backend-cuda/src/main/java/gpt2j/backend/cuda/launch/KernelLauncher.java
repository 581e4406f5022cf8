package gpt2j.backend.cuda.launch;

import static jcuda.driver.JCudaDriver.cuLaunchKernel;

import gpt2j.backend.cuda.driver.Context;
import gpt2j.backend.cuda.driver.Cuda;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.Pointer;
import jcuda.driver.CUfunction;

/**
 * Queues kernels. The parameters of each launch are written to one block of host memory, which the
 * driver copies when it is called; JCuda's own way, an object for every parameter, takes several
 * times as long.
 *
 * <p>A structure of 8-byte fields can be the last parameter: its fields are added one by one.
 *
 * {@snippet :
 * launcher.begin().address(out).address(x).integer(width).launch(kernel, rows, 1, 256, 0);
 * }
 */
public final class KernelLauncher implements AutoCloseable {
  private static final int MOST_PARAMETERS = 72;
  private static final long SLOT = Long.BYTES;

  private final Context context;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment values = arena.allocate(MOST_PARAMETERS * SLOT, SLOT);
  private final Pointer table; // of the addresses of all slots
  private int count;

  KernelLauncher(Context context) {
    this.context = context;
    MemorySegment addresses = arena.allocate(MOST_PARAMETERS * SLOT, SLOT);
    for (int i = 0; i < MOST_PARAMETERS; i++) {
      addresses.setAtIndex(ValueLayout.JAVA_LONG, i, values.address() + i * SLOT);
    }
    table = Pointer.to(addresses.asByteBuffer());
  }

  /** Forgets the parameters of the launch before. */
  public KernelLauncher begin() {
    count = 0;
    return this;
  }

  /** Adds a pointer to device memory. */
  public KernelLauncher address(long address) {
    values.setAtIndex(ValueLayout.JAVA_LONG, count++, address);
    return this;
  }

  /** Adds an {@code int}. */
  public KernelLauncher integer(int value) {
    values.set(ValueLayout.JAVA_INT, count++ * SLOT, value);
    return this;
  }

  /** Adds a {@code long long}. */
  public KernelLauncher wide(long value) {
    values.setAtIndex(ValueLayout.JAVA_LONG, count++, value);
    return this;
  }

  /** Adds a {@code float}. */
  public KernelLauncher real(float value) {
    values.set(ValueLayout.JAVA_FLOAT, count++ * SLOT, value);
    return this;
  }

  /**
   * Queues the kernel with the parameters added.
   *
   * @param shared bytes of dynamic shared memory for each block
   */
  public void launch(CUfunction kernel, int gridX, int gridY, int gridZ, int block, int shared) {
    Cuda.check(
        "cuLaunchKernel",
        cuLaunchKernel(
            kernel, gridX, gridY, gridZ, block, 1, 1, shared, context.stream(), table, null));
  }

  @Override
  public void close() {
    arena.close();
  }
}
