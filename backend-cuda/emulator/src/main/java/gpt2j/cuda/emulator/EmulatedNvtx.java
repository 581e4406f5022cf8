package gpt2j.cuda.emulator;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * An NVTX that keeps what it is told. Loaded before somebody looks for the library of its name, it
 * is the one that is found. It stays for as long as the JVM.
 */
public final class EmulatedNvtx {
  private final MethodHandle ranges;

  private EmulatedNvtx(SymbolLookup symbols) {
    ranges = Emulator.function(symbols, "ranges", null, ADDRESS, JAVA_LONG);
  }

  /** Loads one, building it and the emulated driver first if their sources have changed. */
  public static EmulatedNvtx load() {
    try {
      return new EmulatedNvtx(
          SymbolLookup.libraryLookup(
              EmulatorBuild.compiler()
                  .build(
                      "libnvtx3interop.so.1",
                      "nvtx.cpp",
                      Sources.ofModule("nvtx").files(),
                      Emulator.load().library()),
              Arena.global()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The ranges begun since the last call, each indented by one space for each range that it lies
   * in; at last, how many ranges of this thread have not ended.
   */
  public List<String> ranges() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(1 << 20);
      ranges.invokeExact(text, text.byteSize());
      return text.getString(0).lines().toList();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
