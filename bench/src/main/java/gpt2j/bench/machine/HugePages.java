package gpt2j.bench.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Memory in large pages, without which translating addresses costs bandwidth. They must be asked
 * for before memory is touched, which {@link Arena#allocate} does.
 */
@SuppressWarnings("restricted") // which gpt2j.bench is given
final class HugePages {
  private static final long BYTES = 2 << 20; // on x86-64
  private static final int MADV_HUGEPAGE = 14; // sys/mman.h

  private HugePages() {}

  /** Memory that was not touched yet; in large pages if the system has them. */
  static MemorySegment allocate(Arena arena, long bytes) {
    try {
      long whole = (bytes + BYTES - 1) / BYTES * BYTES;
      MemorySegment address =
          (MemorySegment)
              function(
                      "aligned_alloc",
                      ValueLayout.ADDRESS,
                      ValueLayout.JAVA_LONG,
                      ValueLayout.JAVA_LONG)
                  .invokeExact(BYTES, whole);
      if (address.address() == 0) {
        throw new OutOfMemoryError(bytes + " bytes to measure the memory's bandwidth with");
      }
      MemorySegment memory = address.reinterpret(whole, arena, HugePages::free);
      int ignored =
          (int)
              function(
                      "madvise",
                      ValueLayout.JAVA_INT,
                      ValueLayout.ADDRESS,
                      ValueLayout.JAVA_LONG,
                      ValueLayout.JAVA_INT)
                  .invokeExact(memory, whole, MADV_HUGEPAGE);
      return memory;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e); // functions of C throw nothing
    }
  }

  private static void free(MemorySegment memory) {
    try {
      Linker linker = Linker.nativeLinker();
      linker
          .downcallHandle(
              linker.defaultLookup().findOrThrow("free"),
              FunctionDescriptor.ofVoid(ValueLayout.ADDRESS))
          .invokeExact(memory);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static MethodHandle function(
      String name, MemoryLayout result, MemoryLayout... parameters) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, parameters));
  }
}
