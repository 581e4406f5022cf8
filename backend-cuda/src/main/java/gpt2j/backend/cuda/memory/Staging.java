package gpt2j.backend.cuda.memory;

import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;

import gpt2j.backend.cuda.driver.Closer;
import gpt2j.backend.cuda.driver.Context;
import gpt2j.backend.cuda.driver.Cuda;
import gpt2j.backend.cuda.driver.Event;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * Copies between any host memory and the device, by way of page-locked memory. Writing copies the
 * bytes and returns, so that the device never waits for the host nor the host for the device; it
 * takes the two halves of a buffer in turn and waits only until the device has read the half to be
 * filled again.
 */
public final class Staging implements AutoCloseable {
  /** Bytes that can be staged at once. */
  public static final int HALF = 4 << 20;

  private static final int ALIGNMENT = 64;

  private final Context context;
  private final Closer closer = new Closer();
  private final PinnedMemory writes;
  private final PinnedMemory reads;
  private final Event[] consumed = new Event[2];
  private final long writesAddress;
  private final long readsAddress;
  private int half;
  private int used; // bytes of this half

  public Staging(Context context) {
    this.context = context;
    try {
      writes = closer.add(new PinnedMemory("the buffer for writing", 2 * HALF));
      reads = closer.add(new PinnedMemory("the buffer for reading", HALF));
      for (int i = 0; i < consumed.length; i++) {
        consumed[i] = closer.add(Event.waiting());
      }
      writesAddress = writes.deviceAddress();
      readsAddress = reads.deviceAddress();
    } catch (RuntimeException e) {
      closer.closeAfter(e);
      throw e;
    }
  }

  /** Queues a copy to the device; {@code from} may be changed afterwards. */
  public void write(DeviceMemory.Region to, long offset, MemorySegment from) {
    long bytes = from.byteSize();
    for (long done = 0; done < bytes; ) {
      if (used == HALF) {
        turn();
      }
      int count = (int) Math.min(bytes - done, HALF - used);
      long start = done;
      int at = put(count, room -> MemorySegment.copy(from, start, room, 0, count));
      Cuda.check(
          "cuMemcpyHtoDAsync",
          cuMemcpyHtoDAsync(
              to.pointer(offset + done), writes.pointer(at), count, context.stream()));
      done += count;
    }
  }

  /**
   * The address by which kernels that are queued next can read some bytes.
   *
   * @param count how many, at most {@link #HALF}
   * @param fill stores them
   */
  public long stage(int count, Consumer<MemorySegment> fill) {
    if (count > HALF - used) {
      turn();
    }
    return writesAddress + put(count, fill);
  }

  /** Has what is free of this half filled; returns where that is. */
  private int put(int count, Consumer<MemorySegment> fill) {
    int at = half * HALF + used;
    fill.accept(writes.segment().asSlice(at, count));
    used = Math.min(HALF, Math.ceilDiv(used + count, ALIGNMENT) * ALIGNMENT);
    return at;
  }

  private void turn() {
    consumed[half].record(context.stream());
    half = 1 - half;
    used = 0;
    consumed[half].synchronize();
  }

  /** Waits for everything queued before, then copies from the device. */
  public void read(DeviceMemory.Region from, long offset, MemorySegment to) {
    long bytes = to.byteSize();
    for (long done = 0; done < bytes; ) {
      int count = (int) Math.min(bytes - done, HALF);
      Cuda.check(
          "cuMemcpyDtoHAsync",
          cuMemcpyDtoHAsync(
              reads.pointer(0), from.pointer(offset + done), count, context.stream()));
      context.synchronize();
      MemorySegment.copy(reads.segment(), 0, to, done, count);
      done += count;
    }
    if (bytes == 0) {
      context.synchronize();
    }
  }

  /** The address by which kernels can write {@link #HALF} bytes for {@link #received}. */
  public long receiving() {
    return readsAddress;
  }

  /** What kernels wrote there, once everything queued is done. */
  public MemorySegment received() {
    return reads.segment();
  }

  @Override
  public void close() {
    closer.close();
  }
}
