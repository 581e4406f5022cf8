package gpt2j.cuda.emulator;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * An emulated cuBLAS that multiplies on the emulated driver. Loaded before somebody looks for the
 * library of its name, it is the one that is found. It stays for as long as the JVM.
 */
public final class EmulatedCublas {
  private static final String UNIT = "cublas.cpp";
  private static final String TYPES = "cuda_api.h";

  private final MethodHandle fail;
  private final MethodHandle calls;
  private final MethodHandle handles;

  private EmulatedCublas(Path library) {
    SymbolLookup symbols = SymbolLookup.libraryLookup(library, Arena.global());
    fail = Emulator.function(symbols, "cublas_fail", null, ADDRESS, JAVA_INT);
    calls = Emulator.function(symbols, "cublas_calls", JAVA_LONG, ADDRESS);
    handles = Emulator.function(symbols, "cublas_handles", JAVA_LONG);
  }

  /**
   * Loads one beside the emulated driver, building both first if their sources have changed.
   *
   * @param cuda the version of CUDA that it is of: 12, 13
   */
  public static EmulatedCublas load(int cuda) {
    Path driver = Emulator.load().library();
    Map<String, String> files = new TreeMap<>(Sources.ofModule("cublas").files());
    files.put(TYPES, Sources.ofModule().files().get(TYPES));
    try {
      return new EmulatedCublas(
          EmulatorBuild.compiler().build("libcublas.so." + cuda, UNIT, files, driver));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes the next call of a function, {@code cublasGemmEx} say, answer with a status. */
  public void fail(String function, int status) {
    try (Arena arena = Arena.ofConfined()) {
      fail.invokeExact(arena.allocateFrom(function), status);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** How often a function was called. */
  public long calls(String function) {
    try (Arena arena = Arena.ofConfined()) {
      return (long) calls.invokeExact(arena.allocateFrom(function));
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Handles that were not destroyed. */
  public long handles() {
    try {
      return (long) handles.invokeExact();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
