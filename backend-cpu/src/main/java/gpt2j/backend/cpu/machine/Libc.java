package gpt2j.backend.cpu.machine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The few functions of the C library that the backend needs, with Linux's constants. */
@SuppressWarnings("restricted") // calls native code by its address
public final class Libc {
  private static final int PROT_READ_WRITE = 0x1 | 0x2;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x02 | 0x20;
  private static final int MADV_HUGEPAGE = 14;
  private static final long MAP_FAILED = -1;
  private static final long PAGE = 4096;

  /** Bytes that are looked at in one call; the states of their pages take 64 KiB. */
  private static final long PIECE = 1L << 28;

  private static final MethodHandle MMAP =
      function("mmap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
  private static final MethodHandle MUNMAP = function("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle MADVISE =
      function("madvise", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
  private static final MethodHandle MINCORE =
      function("mincore", JAVA_INT, JAVA_LONG, JAVA_LONG, ADDRESS);
  private static final MethodHandle SETENV =
      function("setenv", JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);

  private Libc() {}

  /** Fresh zeroed pages that take no memory until they are touched, or 0 when there are none. */
  public static long map(long bytes) {
    try {
      long address =
          (long) MMAP.invokeExact(0L, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
      return address == MAP_FAILED ? 0 : address;
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  public static void unmap(long address, long bytes) {
    try {
      int result = (int) MUNMAP.invokeExact(address, bytes);
      assert result == 0;
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /** How many bytes of a mapping are in memory, by whole pages. */
  public static long resident(long address, long bytes) {
    long pages = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment states = arena.allocate(Math.ceilDiv(Math.min(bytes, PIECE), PAGE));
      for (long at = 0; at < bytes; at += PIECE) {
        long length = Math.min(PIECE, bytes - at);
        int result = (int) MINCORE.invokeExact(address + at, length, states);
        for (long page = 0; result == 0 && page < Math.ceilDiv(length, PAGE); page++) {
          pages += states.get(JAVA_BYTE, page) & 1;
        }
      }
    } catch (Throwable e) {
      throw failure(e);
    }
    return pages * PAGE;
  }

  /** Asks for huge pages, which spare the processor most of its page walks. Only a wish. */
  public static void preferHugePages(long address, long bytes) {
    try {
      int ignored = (int) MADVISE.invokeExact(address, bytes, MADV_HUGEPAGE);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /** Sets an environment variable for libraries that are loaded later, unless the user has. */
  public static void setDefaultEnvironment(String name, String value) {
    try (Arena arena = Arena.ofConfined()) {
      int ignored =
          (int) SETENV.invokeExact(arena.allocateFrom(name), arena.allocateFrom(value), 0);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  private static MethodHandle function(String name, ValueLayout result, ValueLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments));
  }

  private static RuntimeException failure(Throwable e) {
    return new IllegalStateException("a call of the C library failed", e);
  }
}
