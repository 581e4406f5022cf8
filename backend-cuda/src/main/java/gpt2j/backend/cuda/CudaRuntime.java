package gpt2j.backend.cuda;

import gpt2j.api.DeviceFailureException;
import java.util.OptionalLong;

/** What the parts of one opened backend share, acquired in this order and given back in reverse. */
final class CudaRuntime implements AutoCloseable {
  private final Closer closer = new Closer();
  private final Context context;
  private final Kernels kernels;
  private final DeviceMemory memory;
  private final Staging staging;
  private final Scratch scratch;
  private final KernelLauncher launcher;
  private boolean closed;

  CudaRuntime(CudaDevice device, OptionalLong memoryLimit) {
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

  Context context() {
    return context;
  }

  Kernels kernels() {
    return kernels;
  }

  DeviceMemory memory() {
    return memory;
  }

  Staging staging() {
    return staging;
  }

  Scratch scratch() {
    return scratch;
  }

  KernelLauncher launcher() {
    return launcher;
  }

  /** Something else to give back before all this. */
  <T extends AutoCloseable> T own(T resource) {
    return closer.add(resource);
  }

  int multiprocessors() {
    return context.device().multiprocessors();
  }

  /** Gives everything back because of {@code cause}, which stays the failure to report. */
  void closeAfter(Throwable cause) {
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
