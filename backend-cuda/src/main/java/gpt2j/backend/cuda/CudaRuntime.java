package gpt2j.backend.cuda;

import gpt2j.api.DeviceFailureException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the parts of one opened backend share, acquired in this order and given back in reverse. */
final class CudaRuntime implements AutoCloseable {
  private final Closer closer = new Closer();
  private final Context context;
  private final Kernels kernels;
  private final DeviceMemory memory;
  private final Staging staging;
  private final Scratch scratch;
  private final KernelLauncher launcher;
  private @Nullable Recording recording;
  private boolean closed;

  /**
   * What a step uses.
   *
   * @param memory the memory whose addresses its kernels hold
   * @param queues where it puts an entry in, once for each
   */
  record Recording(Set<DeviceMemory.Region> memory, List<CudaTokenQueue> queues) {}

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

  /** From now on notes what is used. */
  void beginRecording() {
    recording =
        new Recording(Collections.newSetFromMap(new IdentityHashMap<>()), new ArrayList<>());
    memory.note(recording.memory()::add);
  }

  /** What was used since. */
  Recording endRecording() {
    Recording ended = Objects.requireNonNull(recording);
    recording = null;
    memory.note(region -> {});
    return ended;
  }

  /** The step that is being recorded, or null. */
  @Nullable Recording recording() {
    return recording;
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
