package gpt2j.backend.cuda.memory;

import static jcuda.driver.CUresult.CUDA_ERROR_OUT_OF_MEMORY;
import static jcuda.driver.CUresult.CUDA_SUCCESS;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;

import gpt2j.api.DeviceFailureException;
import gpt2j.api.OutOfMemoryException;
import gpt2j.api.tensor.MemoryUsage;
import gpt2j.api.tensor.Usage;
import gpt2j.backend.cuda.driver.Context;
import gpt2j.backend.cuda.driver.Cuda;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Device memory, accounted by purpose. Each purpose has an arena: chunks that the driver gives, of
 * which regions are parts. Asking the driver takes long, wastes up to 2 MiB each time, and giving
 * back makes it wait for the device; regions of an arena cost neither.
 *
 * <p>A region that was given back may be given out again at once: whatever uses it later is queued
 * behind what used it before.
 */
public final class DeviceMemory implements AutoCloseable {
  /** What the widest vector loads need, and what cuMemAlloc gives too. */
  static final long ALIGNMENT = 256;

  private static final long MEBIBYTE = 1 << 20;

  private final Context context;
  private final OptionalLong limit;
  private final Map<Usage, List<Chunk>> arenas = new EnumMap<>(Usage.class);
  private final Map<Usage, Long> held = new EnumMap<>(Usage.class);
  private Consumer<Region> noted = region -> {};
  private Runnable beforeFreeing = () -> {};
  private boolean closed;

  public DeviceMemory(Context context, OptionalLong limit) {
    this.context = context;
    this.limit = limit;
    for (Usage usage : Usage.values()) {
      arenas.put(usage, new ArrayList<>());
    }
  }

  /** How much the driver is asked for at a time when less is wanted. */
  private static long chunkBytes(Usage usage) {
    return switch (usage) {
      case WEIGHTS, TRAINING -> 64 * MEBIBYTE;
      case ACTIVATION -> 16 * MEBIBYTE;
      case CACHE, IO -> 2 * MEBIBYTE;
    };
  }

  /**
   * Memory with undefined contents. The calling thread has entered the context.
   *
   * @throws OutOfMemoryException when the device or the limit has no room
   */
  public synchronized Region allocate(String what, long bytes, Usage usage) {
    if (closed) {
      throw new IllegalStateException("the cuda backend is closed");
    }
    long size = Math.ceilDiv(Math.max(bytes, 1), ALIGNMENT) * ALIGNMENT;
    for (Chunk chunk : arenas.get(usage)) {
      long offset = chunk.take(size);
      if (offset >= 0) {
        return region(chunk, offset, bytes, size);
      }
    }
    Chunk chunk = chunk(what, bytes, size, usage);
    arenas.get(usage).add(chunk);
    return region(chunk, chunk.take(size), bytes, size);
  }

  private Region region(Chunk chunk, long offset, long bytes, long size) {
    held.merge(chunk.usage, bytes, Long::sum);
    return new Region(chunk, offset, bytes, size);
  }

  /** A chunk of the usual size where there is ample room for it, else of just the size needed. */
  private Chunk chunk(String what, long bytes, long size, Usage usage) {
    long usual = chunkBytes(usage);
    if (size < usual && usual <= room() / 4) {
      DevicePointer pointer = new DevicePointer();
      int result = cuMemAlloc(pointer, usual);
      if (result == CUDA_SUCCESS) {
        return new Chunk(usage, pointer, usual);
      }
      requireShortage(result);
    }
    if (size > room()) {
      throw new OutOfMemoryException(what, bytes, Math.max(0, room()));
    }
    DevicePointer pointer = new DevicePointer();
    int result = cuMemAlloc(pointer, size);
    if (result != CUDA_SUCCESS) {
      requireShortage(result);
      throw new OutOfMemoryException(what, bytes, Math.min(room(), context.freeMemory()));
    }
    return new Chunk(usage, pointer, size);
  }

  private static void requireShortage(int result) {
    if (result != CUDA_ERROR_OUT_OF_MEMORY) {
      throw new DeviceFailureException(Cuda.describe("cuMemAlloc", result));
    }
  }

  /**
   * Throws unless there is room for so many bytes, in the chunks that there are and in new ones.
   * The calling thread has entered the context.
   */
  public synchronized void requireRoom(String what, long bytes) {
    long given = held.values().stream().mapToLong(Long::longValue).sum();
    long room = Math.max(0, Math.min(room(), context.freeMemory())) + taken() - given;
    if (bytes > room) {
      throw new OutOfMemoryException(what, bytes, room);
    }
  }

  /** Bytes that the limit leaves. */
  private long room() {
    return limit.isPresent() ? limit.getAsLong() - taken() : Long.MAX_VALUE;
  }

  private long taken() {
    return arenas.values().stream().flatMap(List::stream).mapToLong(chunk -> chunk.bytes).sum();
  }

  public synchronized MemoryUsage usage() {
    return new MemoryUsage(held);
  }

  /** From now on tells {@code listener} of each region whose address is asked for. */
  public void note(Consumer<Region> listener) {
    noted = listener;
  }

  /** From now on runs {@code task} before anything is given back. */
  public void beforeFreeing(Runnable task) {
    beforeFreeing = task;
  }

  private void free(Region region) {
    if (closed || region.freed) {
      return;
    }
    try {
      beforeFreeing.run();
    } finally {
      give(region);
    }
  }

  private synchronized void give(Region region) {
    Chunk chunk = region.chunk;
    region.freed = true;
    held.merge(chunk.usage, -region.bytes, Long::sum);
    chunk.give(region.offset, region.size);
    if (chunk.isFree()) {
      context.enter();
      context.synchronize(); // what is queued may still use it
      arenas.get(chunk.usage).remove(chunk); // not before: what fails until here is left to close
      Cuda.check("cuMemFree", cuMemFree(chunk.pointer));
    }
  }

  /** Gives everything back, whatever is still in use. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      held.clear();
      int failure = CUDA_SUCCESS;
      for (List<Chunk> arena : arenas.values()) {
        for (Chunk chunk : arena) {
          int result = cuMemFree(chunk.pointer);
          failure = failure == CUDA_SUCCESS ? result : failure;
        }
        arena.clear();
      }
      Cuda.check("cuMemFree", failure);
    }
  }

  /** What the driver gave at once. */
  private static final class Chunk {
    final Usage usage;
    final DevicePointer pointer;
    final long bytes;
    private final TreeMap<Long, Long> free = new TreeMap<>(); // offset to size

    Chunk(Usage usage, DevicePointer pointer, long bytes) {
      this.usage = usage;
      this.pointer = pointer;
      this.bytes = bytes;
      free.put(0L, bytes);
    }

    /** Takes the first gap that is large enough; -1 when there is none. */
    long take(long size) {
      for (Map.Entry<Long, Long> gap : free.entrySet()) {
        if (gap.getValue() >= size) {
          long offset = gap.getKey();
          long rest = gap.getValue() - size;
          free.remove(offset);
          if (rest > 0) {
            free.put(offset + size, rest);
          }
          return offset;
        }
      }
      return -1;
    }

    void give(long offset, long size) {
      long begin = offset;
      long end = offset + size;
      Map.Entry<Long, Long> before = free.lowerEntry(offset);
      if (before != null && before.getKey() + before.getValue() == offset) {
        begin = before.getKey();
        free.remove(begin);
      }
      Long behind = free.remove(end);
      if (behind != null) {
        end += behind;
      }
      free.put(begin, end - begin);
    }

    boolean isFree() {
      return free.size() == 1 && free.firstEntry().getValue() == bytes;
    }
  }

  /** A piece of memory that is given back by closing it. */
  public final class Region implements AutoCloseable {
    private final Chunk chunk;
    private final long offset;
    private final long bytes;
    private final long size;
    private final long address;
    private boolean freed;

    private Region(Chunk chunk, long offset, long bytes, long size) {
      this.chunk = chunk;
      this.offset = offset;
      this.bytes = bytes;
      this.size = size;
      this.address = chunk.pointer.address() + offset;
    }

    /**
     * Where it begins.
     *
     * @throws IllegalStateException after closing, since others may use the address by then
     */
    public long address() {
      requireOpen();
      noted.accept(this);
      return address;
    }

    /** The same for copies: {@code skipped} bytes behind the beginning. */
    public DevicePointer pointer(long skipped) {
      requireOpen();
      return new DevicePointer(chunk.pointer, offset + skipped);
    }

    public long bytes() {
      return bytes;
    }

    public void requireOpen() {
      if (freed || closed) {
        throw new IllegalStateException("this memory of the cuda backend is closed");
      }
    }

    @Override
    public void close() {
      free(this);
    }
  }
}
