package gpt2j.backend.cpu.runtime;

import gpt2j.backend.cpu.machine.HostMemory;
import gpt2j.backend.cpu.memory.Allocator;
import gpt2j.backend.cpu.memory.ScratchMemory;
import gpt2j.backend.cpu.nd4j.Nd4jProducts;
import gpt2j.spi.HostProfiler;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** What the parts of one opened CPU backend share. */
public final class CpuRuntime implements AutoCloseable {
  private final Allocator allocator;
  private final HostProfiler profiler = new HostProfiler();
  private final WorkerPool pool;
  private final Nd4jProducts products;
  private final ScratchMemory scratch;
  private final ScratchMemory sums;
  private final ScratchMemory widened;
  private final boolean batchInvariant;

  /**
   * Starts the threads.
   *
   * @param batchInvariant whether a row's results must not depend on what else is computed
   */
  public CpuRuntime(int threads, OptionalLong memoryLimit, boolean batchInvariant) {
    this.batchInvariant = batchInvariant;
    HostMemory memory = new HostMemory();
    allocator = new Allocator(memoryLimit, () -> memory.room().available());
    pool = new WorkerPool(threads);
    products = new Nd4jProducts(threads);
    scratch = new ScratchMemory(allocator);
    sums = new ScratchMemory(allocator);
    widened = new ScratchMemory(allocator);
  }

  public Allocator allocator() {
    return allocator;
  }

  /** Whether a row's results must not depend on what else is computed. */
  public boolean isBatchInvariant() {
    return batchInvariant;
  }

  public HostProfiler profiler() {
    return profiler;
  }

  /** For the operation that begins now: null unless something is measured. */
  public @Nullable PartTimes partTimes() {
    return profiler.isRunning() ? new PartTimes(profiler, pool.size()) : null;
  }

  public WorkerPool pool() {
    return pool;
  }

  public Nd4jProducts products() {
    return products;
  }

  /** For the inside of one operation. */
  public ScratchMemory scratch() {
    return scratch;
  }

  /** For the results of matrix products that aren't finished yet. */
  public ScratchMemory sums() {
    return sums;
  }

  /** For matrices widened to float32. */
  public ScratchMemory widened() {
    return widened;
  }

  @Override
  public void close() {
    pool.close();
    products.awaitEndOfStart();
    allocator.close();
  }
}
