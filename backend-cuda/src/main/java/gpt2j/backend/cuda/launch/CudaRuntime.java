package gpt2j.backend.cuda.launch;

import gpt2j.api.DeviceFailureException;
import gpt2j.backend.cuda.driver.Closer;
import gpt2j.backend.cuda.driver.Context;
import gpt2j.backend.cuda.driver.CudaDevice;
import gpt2j.backend.cuda.memory.DeviceMemory;
import gpt2j.backend.cuda.memory.Scratch;
import gpt2j.backend.cuda.memory.Staging;
import java.util.OptionalLong;

/** What the parts of one opened backend share, acquired in this order and given back in reverse. */
public final class CudaRuntime implements AutoCloseable {
  private final Closer closer = new Closer();
  private final Context context;
  private final Kernels kernels;
  private final DeviceMemory memory;
  private final Staging staging;
  private final Scratch scratch;
  private final KernelLauncher launcher;
  private boolean closed;

  public CudaRuntime(CudaDevice device, OptionalLong memoryLimit) {
    try {
      context = closer.add(new Context(device));
      kernels = closer.add(PtxVariant.load(device));
      memory = closer.add(new DeviceMemory(context, memoryLimit));
      staging = closer.add(new Staging(context));
      scratch = closer.add(new Scratch(context, memory));
      launcher = closer.add(new KernelLauncher(context));
      context.synchronize();
    } catch (RuntimeException e) {
      closer.closeAfter(e);
      throw e;
    }
  }

  public Context context() {
    return context;
  }

  public Kernels kernels() {
    return kernels;
  }

  public DeviceMemory memory() {
    return memory;
  }

  public Staging staging() {
    return staging;
  }

  public Scratch scratch() {
    return scratch;
  }

  public KernelLauncher launcher() {
    return launcher;
  }

  /** Something else to give back before all this. */
  public <T extends AutoCloseable> T own(T resource) {
    return closer.add(resource);
  }

  public int multiprocessors() {
    return context.device().multiprocessors();
  }

  /** Gives everything back because of {@code cause}, which stays the failure to report. */
  public void closeAfter(Throwable cause) {
    try {
      close();
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  /**
   * Waits for what is queued and gives everything back, whatever fails on the way.
   *
   * @throws DeviceFailureException the first failure
   */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      closer.add(context::synchronize);
      closer.add(context::enter);
      closer.close();
    }
  }
}
