package gpt2j.backend.cuda.step;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import gpt2j.backend.cuda.driver.ToolkitLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Named ranges on the host's timeline, by NVTX, so that Nsight Systems and Nsight Compute show
 * which section or step has queued which kernels. Ranges nest and belong to the thread that begins
 * them.
 *
 * <p>The tools name their own library in an environment variable of the program that they start.
 * Where it is not set nobody listens, and nothing is looked for or called.
 */
public final class HostRanges {
  /** What the tools set for the programs that they look at. */
  static final String LISTENER = "NVTX_INJECTION64_PATH";

  /** Of CUDA 13, and of those before. */
  private static final List<String> LIBRARIES =
      List.of("libnvtx3interop.so.1", "libnvToolsExt.so.1");

  private static final System.Logger LOG = System.getLogger(HostRanges.class.getName());

  /** The functions of one library, and the names that it was given, which stay. */
  private static final class Functions {
    final MethodHandle push;
    final MethodHandle pop;
    final Map<String, MemorySegment> names = new ConcurrentHashMap<>();

    Functions(SymbolLookup library) {
      Linker linker = Linker.nativeLinker();
      push =
          linker.downcallHandle(
              library.findOrThrow("nvtxRangePushA"), FunctionDescriptor.of(JAVA_INT, ADDRESS));
      pop =
          linker.downcallHandle(
              library.findOrThrow("nvtxRangePop"), FunctionDescriptor.of(JAVA_INT));
    }

    MemorySegment name(String name) {
      return names.computeIfAbsent(name, Arena.global()::allocateFrom);
    }
  }

  private final Optional<Functions> functions;

  private HostRanges(Optional<Functions> functions) {
    this.functions = functions;
  }

  /** Ranges for the tool that has started this program, if one has. */
  public static HostRanges find(Map<String, String> environment) {
    if (!environment.containsKey(LISTENER)) {
      return new HostRanges(Optional.empty());
    }
    Optional<Functions> found =
        LIBRARIES.stream()
            .flatMap(name -> ToolkitLibrary.open(name).stream())
            .findFirst()
            .map(Functions::new);
    if (found.isEmpty()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "a profiler listens, but none of {0} was found, so there are no named ranges;"
              + " add the folder that has one to LD_LIBRARY_PATH",
          LIBRARIES);
    }
    return new HostRanges(found);
  }

  /** Begins a range within those that this thread has begun. */
  void push(String name) {
    if (functions.isPresent()) {
      Functions nvtx = functions.get();
      try {
        int ignored = (int) nvtx.push.invokeExact(nvtx.name(name));
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Ends the range that this thread began last. */
  void pop() {
    if (functions.isPresent()) {
      try {
        int ignored = (int) functions.get().pop.invokeExact();
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    }
  }
}
