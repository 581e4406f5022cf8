package gpt2j.cuda.emulator;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assumptions.abort;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The emulated driver of this JVM: a {@code libcuda.so.1} that runs kernels on the CPU. Loaded
 * before JCuda is touched, it is the driver that JCuda finds. There is one per JVM, and it stays.
 *
 * <p>Errors are numbers of {@code CUresult}; functions have the names of {@code cuda.h} without a
 * version ({@code cuMemAlloc}); {@code execute} counts executions of kernels, {@code execute NAME}
 * those of one.
 *
 * <p>System properties: {@code gpt2j.emulator.cache}, the folder for what is compiled ({@code
 * target/emulator} if not given); {@code gpt2j.emulator.library}, a library to load instead of
 * building one; {@code gpt2j.emulator.sanitize}, {@code true} for a build with AddressSanitizer and
 * UndefinedBehaviorSanitizer.
 */
public final class Emulator {
  private final Path library;
  private final MethodHandle fail;
  private final MethodHandle calls;
  private final MethodHandle liveAllocations;
  private final MethodHandle liveBytes;
  private final MethodHandle liveObjects;
  private final MethodHandle liveContexts;
  private final MethodHandle problems;
  private final MethodHandle totalMemory;
  private final MethodHandle threadOrder;
  private final MethodHandle rest;
  private final MethodHandle device;
  private final MethodHandle reset;

  private Emulator(Path library) {
    this.library = library;
    SymbolLookup symbols = SymbolLookup.libraryLookup(library, Arena.global());
    fail = function(symbols, "fail", null, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT);
    calls = function(symbols, "calls", JAVA_LONG, ADDRESS);
    liveAllocations = function(symbols, "live_allocations", JAVA_LONG);
    liveBytes = function(symbols, "live_bytes", JAVA_LONG);
    liveObjects = function(symbols, "live_objects", JAVA_LONG);
    liveContexts = function(symbols, "live_contexts", JAVA_LONG);
    problems = function(symbols, "problems", JAVA_LONG, ADDRESS, JAVA_LONG);
    totalMemory = function(symbols, "total_memory", null, JAVA_LONG);
    threadOrder = function(symbols, "thread_order", null, JAVA_INT, JAVA_LONG);
    rest = function(symbols, "rest", null, JAVA_LONG);
    device = function(symbols, "device", null, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    reset = function(symbols, "reset", null);
  }

  static MethodHandle function(
      SymbolLookup symbols, String name, @Nullable MemoryLayout result, MemoryLayout... arguments) {
    FunctionDescriptor descriptor =
        result == null
            ? FunctionDescriptor.ofVoid(arguments)
            : FunctionDescriptor.of(result, arguments);
    return Linker.nativeLinker()
        .downcallHandle(symbols.findOrThrow("gpt2j_emulator_" + name), descriptor);
  }

  /** Says why there is no emulator here, in one line; empty where there is one. */
  public static Optional<String> unavailable() {
    return EmulatorBuild.unavailable();
  }

  /**
   * Loads the emulated driver, building it first if its sources have changed.
   *
   * @throws IllegalStateException if it can't be built, or its sources don't compile
   */
  public static Emulator load() {
    return Loaded.EMULATOR;
  }

  /**
   * As {@link #load}, but where there is no compiler, the calling test is skipped; it fails if the
   * environment variable {@code CI} is {@code true}.
   */
  public static Emulator loadOrSkip() {
    Optional<String> reason = unavailable();
    if (reason.isPresent()) {
      if ("true".equals(System.getenv("CI"))) {
        throw new AssertionError(reason.get());
      }
      abort(reason.get());
    }
    return load();
  }

  /** The library that was loaded. */
  public Path library() {
    return library;
  }

  /** Makes one call of a function answer with an error: the {@code nth} from now, 1 the next. */
  public void fail(String function, long nth, int error) {
    plan(function, nth, error, 0);
  }

  /**
   * Makes calls of a function answer with an error: the {@code nth} from now and all later ones.
   */
  public void failFrom(String function, long nth, int error) {
    plan(function, nth, error, 1);
  }

  /** Makes the {@code nth} execution of a kernel from now fail, whichever way it was queued. */
  public void failExecution(long nth, int error) {
    plan("execute", nth, error, 0);
  }

  private void plan(String function, long nth, int error, int andLater) {
    try (Arena arena = Arena.ofConfined()) {
      fail.invokeExact(arena.allocateFrom(function), nth, error, andLater);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** How often a function was called since the start or the last {@link #reset}. */
  public long calls(String function) {
    try (Arena arena = Arena.ofConfined()) {
      return (long) calls.invokeExact(arena.allocateFrom(function));
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** How many kernels were executed since the start or the last {@link #reset}. */
  public long executions() {
    return calls("execute");
  }

  /** Allocations of device memory and of pinned host memory that were not freed. */
  public long liveAllocations() {
    return number(liveAllocations);
  }

  /** Bytes of device memory that were not freed. */
  public long liveBytes() {
    return number(liveBytes);
  }

  /** Streams, events, modules, graphs and executable graphs that were not destroyed. */
  public long liveObjects() {
    return number(liveObjects);
  }

  /** Contexts that were not released. */
  public long liveContexts() {
    return number(liveContexts);
  }

  private static long number(MethodHandle function) {
    try {
      return (long) function.invokeExact();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /**
   * What went wrong since the last call, a line each: writes beside allocations, accesses to freed
   * memory, undefined behaviour of kernels, what was left when the last context ended, calls of
   * functions that are not emulated.
   */
  public List<String> problems() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(1 << 20);
      long ignored = (long) problems.invokeExact(text, text.byteSize());
      return text.getString(0).lines().toList();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Sets the size of the device's memory, in bytes; not less than what is allocated. */
  public void totalMemory(long bytes) {
    try {
      totalMemory.invokeExact(bytes);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Sets the order of threads of kernels that start from now on. */
  public void threadOrder(ThreadOrder order) {
    threadOrder(order, 1);
  }

  /** Sets the order of threads of kernels that start from now on, and the seed of all lots. */
  public void threadOrder(ThreadOrder order, long seed) {
    try {
      threadOrder.invokeExact(order.ordinal(), seed);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Sets how long work rests on an idle device, on average, while nobody waits for it; 0 to start
   * it at once.
   */
  public void rest(long microseconds) {
    try {
      rest.invokeExact(microseconds);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Sets what the driver says about itself: the number of devices, their compute capability and
   * multiprocessors, and the version of the driver (12060 for 12.6).
   */
  public void device(
      int count, int capabilityMajor, int capabilityMinor, int multiprocessors, int driverVersion) {
    try {
      device.invokeExact(count, capabilityMajor, capabilityMinor, multiprocessors, driverVersion);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Forgets counts, planned errors and problems, and sets memory, order, rest and device as they
   * were at the start. What is allocated stays.
   */
  public void reset() {
    try {
      reset.invokeExact();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static final class Loaded {
    static final Emulator EMULATOR = new Emulator(EmulatorBuild.library());

    private Loaded() {}
  }
}
