package gpt2j.backend.cuda;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import jcuda.jcublas.JCublas2;
import org.jspecify.annotations.Nullable;

/**
 * Finds cuBLAS, which comes with CUDA and not with the driver, and loads JCuda's library for it.
 * That one is made for cuBLAS of CUDA 12. The functions that it calls are the same in that of CUDA
 * 13, so where there is only that, a copy is loaded that asks for it.
 */
final class CublasLibrary {
  private static final String JNI_VERSION = "12";
  private static final List<String> VERSIONS = List.of(JNI_VERSION, "13");

  private CublasLibrary() {}

  /**
   * What was found.
   *
   * @param version the version of CUDA that it is of, or null when there is none
   * @param reason why there is none
   */
  record Result(@Nullable String version, String reason) {
    boolean isLoaded() {
      return version != null;
    }

    /** For listings. */
    @Override
    public String toString() {
      return isLoaded() ? "of CUDA " + version : reason;
    }
  }

  /** Loads cuBLAS when first called. */
  static Result load() {
    return Loaded.RESULT;
  }

  private static final class Loaded {
    static final Result RESULT = find();

    private static Result find() {
      for (String version : VERSIONS) {
        // The first is needed by the second, which finds it by its name once it is open.
        open("libcublasLt.so." + version);
        if (open("libcublas.so." + version)) {
          return initialize(version);
        }
      }
      return new Result(null, "absent: neither libcublas.so.12 nor libcublas.so.13 was found");
    }

    private static Result initialize(String version) {
      UnaryOperator<byte[]> change =
          version.equals(JNI_VERSION)
              ? UnaryOperator.identity()
              : library ->
                  ElfVersionRename.of(
                      library, "libcublas.so." + JNI_VERSION, "libcublas.so." + version);
      try {
        Natives.initialize("JCublas2", change, () -> JCublas2.setExceptionsEnabled(false));
        return new Result(version, "");
      } catch (LinkageError e) {
        return new Result(null, "not usable: " + Natives.reason(e));
      } catch (IOException | IllegalArgumentException e) {
        return new Result(null, "not usable: " + e.getMessage());
      }
    }
  }

  /**
   * Opens a library for good; one that is open is found by its name afterwards, wherever it lies.
   */
  private static boolean open(String name) {
    List<String> candidates = new ArrayList<>(List.of(name));
    folders().forEach(folder -> candidates.add(folder.resolve(name).toString()));
    for (String candidate : candidates) {
      boolean isPath = candidate.startsWith("/");
      if (isPath && !Files.isReadable(Path.of(candidate))) {
        continue;
      }
      try {
        if (isPath) {
          SymbolLookup.libraryLookup(Path.of(candidate), Arena.global());
        } else {
          SymbolLookup.libraryLookup(candidate, Arena.global());
        }
        return true;
      } catch (IllegalArgumentException e) {
        // Not there, or not one that can be opened: the next one may be.
      }
    }
    return false;
  }

  /** Where installations of CUDA put their libraries when the system doesn't know of them. */
  private static List<Path> folders() {
    List<Path> roots = new ArrayList<>();
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      String value = System.getenv(variable);
      if (value != null && !value.isEmpty()) {
        roots.add(Path.of(value));
      }
    }
    roots.add(Path.of("/usr/local/cuda"));
    try (Stream<Path> entries = Files.list(Path.of("/usr/local"))) {
      entries
          .filter(entry -> entry.getFileName().toString().startsWith("cuda-"))
          .forEach(roots::add);
    } catch (IOException e) {
      // There is no such folder.
    }
    return roots.stream()
        .flatMap(root -> Stream.of(root.resolve("lib64"), root.resolve("targets/x86_64-linux/lib")))
        .toList();
  }
}
