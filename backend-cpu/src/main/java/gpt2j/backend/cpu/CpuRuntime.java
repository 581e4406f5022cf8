package gpt2j.backend.cpu;

import gpt2j.api.HostProfiler;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** What the parts of one opened CPU backend share. */
final class CpuRuntime implements AutoCloseable {
  private final Allocator allocator;
  private final HostProfiler profiler = new HostProfiler();
  private final WorkerPool pool;
  private final Nd4jProducts products;
  private final Workspace scratch;
  private final Workspace sums;
  private final Workspace widened;

  CpuRuntime(int threads, OptionalLong memoryLimit) {
    HostMemory memory = new HostMemory();
    allocator = new Allocator(memoryLimit, () -> memory.room().available());
    pool = new WorkerPool(threads);
    products = new Nd4jProducts(threads);
    scratch = new Workspace(allocator);
    sums = new Workspace(allocator);
    widened = new Workspace(allocator);
  }

  Allocator allocator() {
    return allocator;
  }

  HostProfiler profiler() {
    return profiler;
  }

  /** For the operation that begins now: null unless something is measured. */
  @Nullable PartTimes partTimes() {
    return profiler.isRunning() ? new PartTimes(profiler, pool.size()) : null;
  }

  WorkerPool pool() {
    return pool;
  }

  Nd4jProducts products() {
    return products;
  }

  /** For the inside of one operation. */
  Workspace scratch() {
    return scratch;
  }

  /** For the results of matrix products that aren't finished yet. */
  Workspace sums() {
    return sums;
  }

  /** For matrices widened to float32. */
  Workspace widened() {
    return widened;
  }

  @Override
  public void close() {
    pool.close();
    products.awaitEndOfStart();
    allocator.close();
  }
}
