package gpt2j.backend.cuda.step;

import static jcuda.driver.CUresult.CUDA_ERROR_NOT_READY;
import static jcuda.driver.CUresult.CUDA_SUCCESS;
import static jcuda.driver.JCudaDriver.cuMemsetD8Async;
import static jcuda.driver.JCudaDriver.cuStreamQuery;

import gpt2j.api.DeviceFailureException;
import gpt2j.api.TokenQueue;
import gpt2j.api.Words;
import gpt2j.api.tensor.Usage;
import gpt2j.backend.cuda.driver.Closer;
import gpt2j.backend.cuda.driver.Cuda;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.launch.KernelLauncher;
import gpt2j.backend.cuda.memory.DeviceMemory;
import gpt2j.backend.cuda.memory.PinnedMemory;
import gpt2j.spi.HostTokenQueue;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A ring in page-locked host memory that the device writes to. Behind the entries lies the number
 * of entries that are complete, counted from the start; the device writes it last.
 */
public final class CudaTokenQueue implements TokenQueue {
  private static final VarHandle NUMBER = ValueLayout.JAVA_LONG.varHandle();

  /** The host looks this often at once before it sleeps between two looks. */
  private static final int SPINS = 2000;

  private static final long SLEEP_NANOS = 20_000;

  /** So many sleeps between two questions whether the device is still well. */
  private static final int SLEEPS_BETWEEN_QUERIES = 16;

  private final CudaRuntime runtime;
  private final int rows;
  private final int depth;
  private final int steps; // entries of the ring
  private final long completeOffset;
  private final Closer closer = new Closer();
  private final PinnedMemory ring;
  private final long ringAddress;
  private final DeviceMemory.Region step; // the number of the next entry, on the device
  private long queued; // entries that the device was told to put in, counted from the start
  private long taken;

  /** Held while an entry is waited for and read, so that the ring isn't given back meanwhile. */
  private final Lock taking = new ReentrantLock();

  private volatile boolean closed;

  public CudaTokenQueue(CudaRuntime runtime, int rows, int depth) {
    this.runtime = runtime;
    this.rows = rows;
    this.depth = depth;
    steps = depth + 1;
    completeOffset = Math.ceilDiv((long) steps * rows * Integer.BYTES, Long.BYTES) * Long.BYTES;
    try {
      int bytes = Math.toIntExact(completeOffset + Long.BYTES);
      ring = closer.add(new PinnedMemory("the queue of tokens", bytes));
      ring.segment().fill((byte) 0);
      ringAddress = ring.deviceAddress();
      step = closer.add(runtime.memory().allocate("the queue of tokens", Long.BYTES, Usage.IO));
      Cuda.check(
          "cuMemsetD8Async",
          cuMemsetD8Async(step.pointer(0), (byte) 0, Long.BYTES, runtime.context().stream()));
    } catch (RuntimeException e) {
      closer.closeAfter(e);
      throw e;
    }
  }

  /** The queue as this backend's own. */
  public static CudaTokenQueue of(TokenQueue queue) {
    if (queue instanceof CudaTokenQueue own) {
      return own;
    }
    throw new IllegalArgumentException(
        "a token queue of another backend: " + queue.getClass().getSimpleName());
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int depth() {
    return depth;
  }

  /** Adds the ring to the parameters of what puts an entry in. */
  public KernelLauncher addTo(KernelLauncher launch) {
    return launch
        .address(ringAddress)
        .integer(rows)
        .integer(steps)
        .address(step.address())
        .address(ringAddress + completeOffset);
  }

  public boolean isClosed() {
    return closed;
  }

  /** Throws when another entry would overwrite one that was not taken. */
  public void requireRoom() {
    if (queued - taken == steps) {
      throw new IllegalStateException(
          HostTokenQueue.FULL.formatted(Words.count(steps, "queued entry", "queued entries")));
    }
  }

  /** Counts an entry that the device was told to put in. */
  public void countQueued() {
    queued++;
  }

  @Override
  public void take(int[] tokens) {
    taking.lock();
    try {
      requireOpen();
      if (queued == taken) {
        throw new IllegalStateException("no entry is under way");
      }
      await(taken + 1);
      long entry = taken % steps * rows * Integer.BYTES;
      MemorySegment.copy(ring.segment(), ValueLayout.JAVA_INT, entry, tokens, 0, rows);
      taken++;
    } finally {
      taking.unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("closed"); // in whose place the handle says what is
    }
  }

  private void await(long count) {
    for (int spin = 0; spin < SPINS; spin++) {
      if (complete() >= count) {
        return;
      }
      Thread.onSpinWait();
    }
    while (complete() < count) {
      requireProgress(count);
      for (int sleep = 0; sleep < SLEEPS_BETWEEN_QUERIES && complete() < count; sleep++) {
        requireOpen();
        LockSupport.parkNanos(SLEEP_NANOS);
      }
    }
  }

  private long complete() {
    return (long) NUMBER.getAcquire(ring.segment(), completeOffset);
  }

  /** Throws when the device has stopped, so that nobody waits for what will never come. */
  private void requireProgress(long count) {
    Lock capture = runtime.context().capture();
    if (!capture.tryLock()) {
      return; // another thread records a step, which asking would spoil; ask again later
    }
    int result;
    try {
      runtime.context().enter();
      result = cuStreamQuery(runtime.context().stream());
    } finally {
      capture.unlock();
    }
    if (result == CUDA_SUCCESS && complete() < count) {
      throw new DeviceFailureException("a step has ended and not delivered its tokens");
    }
    if (result != CUDA_ERROR_NOT_READY) {
      Cuda.check("cuStreamQuery", result);
    }
  }

  @Override
  public void clear() {
    taken = queued;
  }

  /**
   * Waits for the entries under way: the device would write them to memory of others. Who waits for
   * one is told.
   */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      taking.lock();
      try {
        closer.add(runtime.context()::synchronize);
        closer.add(runtime.context()::enter);
        closer.close();
      } finally {
        taking.unlock();
      }
    }
  }
}
