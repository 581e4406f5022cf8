package gpt2j.backend.cpu.memory;

import gpt2j.api.OutOfMemoryException;
import gpt2j.api.tensor.MemoryUsage;
import gpt2j.api.tensor.Usage;
import gpt2j.backend.cpu.machine.Libc;
import java.util.Collections;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Native memory by the page, accounted by purpose. Pages come straight from the kernel and not from
 * ND4J, which would write zeros to all of them: that takes longer than loading the weights and
 * keeps the kernel from using huge pages. ND4J's arrays are laid over this memory.
 */
public final class Allocator implements AutoCloseable {
  private static final long HUGE_PAGE = 2L << 20;

  /** Vector loads may run over the end of a matrix by less than one vector. */
  private static final int SLACK = 128;

  /**
   * What the rest of the process may still grow by while it works: the heap, compiled code, ND4J.
   * Measured with GPT-2 124M, where it is 50 MB. Only sums leave it out: by the time that their
   * parts are allocated some of it is taken.
   */
  private static final long GROWTH = 64L << 20;

  private final OptionalLong limit;
  private final LongSupplier available;
  private final Set<Region> regions = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Map<Usage, Long> held = new EnumMap<>(Usage.class);
  private long room; // what there was when it was looked for last, less what was taken since

  /**
   * Without memory.
   *
   * @param limit bytes that may be held; empty for no limit
   * @param available tells how many bytes this process can take from the system
   */
  public Allocator(OptionalLong limit, LongSupplier available) {
    this.limit = limit;
    this.available = available;
  }

  /**
   * Throws unless there is room for so many bytes, beside all that is promised. The kernel would
   * hand out addresses without end and kill the process when it touches too many of them.
   */
  public synchronized void requireRoom(String what, long bytes) {
    look();
    requireWithin(Math.max(0, room - GROWTH), what, bytes);
    requireWithin(underLimit(), what, bytes);
  }

  private void look() {
    room = Math.max(0, available.getAsLong() - untouched());
  }

  private static void requireWithin(long room, String what, long bytes) {
    if (bytes > room) {
      throw new OutOfMemoryException(what, bytes, room);
    }
  }

  private long underLimit() {
    return limit.isPresent() ? Math.max(0, limit.getAsLong() - total()) : Long.MAX_VALUE;
  }

  /** Bytes that were handed out and take no memory yet. */
  private long untouched() {
    return regions.stream().mapToLong(Region::untouched).sum();
  }

  /** Zeroed memory. */
  public synchronized Region allocate(String what, long bytes, Usage usage) {
    requireWithin(underLimit(), what, bytes);
    // Looking takes a while; what is small beside what was there can't have filled it.
    if (bytes >= HUGE_PAGE && bytes > room / 16) {
      look();
      requireWithin(room, what, bytes);
    }
    long mapped = bytes + SLACK;
    long alignment = mapped >= HUGE_PAGE ? HUGE_PAGE : 0;
    long start = Libc.map(mapped + alignment);
    if (start == 0) {
      throw new OutOfMemoryException(what, bytes, Math.max(0, available.getAsLong()));
    }
    room -= bytes;
    long address = alignment == 0 ? start : (start + alignment - 1) & -alignment;
    if (alignment != 0) {
      Libc.preferHugePages(address, mapped & -HUGE_PAGE); // the last one would be mostly waste
    }
    Region region = new Region(start, mapped + alignment, address, bytes, usage);
    regions.add(region);
    held.merge(usage, bytes, Long::sum);
    return region;
  }

  public synchronized MemoryUsage usage() {
    return new MemoryUsage(held);
  }

  private long total() {
    return held.values().stream().mapToLong(Long::longValue).sum();
  }

  private synchronized void free(Region region) {
    if (regions.remove(region)) {
      held.merge(region.usage, -region.bytes, Long::sum);
      Libc.unmap(region.start, region.mapped);
    }
  }

  @Override
  public synchronized void close() {
    List.copyOf(regions).forEach(Region::close);
  }

  /** A piece of memory that is given back by closing it. */
  public final class Region implements AutoCloseable {
    private final long start;
    private final long mapped;
    private final long address;
    private final long bytes;
    private final Usage usage;
    private volatile boolean closed;
    private boolean touched; // all of it

    private Region(long start, long mapped, long address, long bytes, Usage usage) {
      this.start = start;
      this.mapped = mapped;
      this.address = address;
      this.bytes = bytes;
      this.usage = usage;
    }

    /**
     * Where it begins.
     *
     * @throws IllegalStateException after closing, since touching the address would end the JVM
     */
    public long address() {
      if (closed) {
        throw new IllegalStateException("this memory of the cpu backend is closed");
      }
      return address;
    }

    long bytes() {
      return bytes;
    }

    /** Runs what brings the content, and gives the memory back when it can't. */
    public void fill(Runnable content) {
      try {
        content.run();
      } catch (RuntimeException | Error e) {
        close();
        throw e;
      }
    }

    private long untouched() {
      if (touched || bytes < HUGE_PAGE) {
        return 0;
      }
      long left = bytes - Math.min(bytes, Libc.resident(address, bytes));
      touched = left == 0;
      return left;
    }

    @Override
    public void close() {
      closed = true;
      free(this);
    }
  }
}
