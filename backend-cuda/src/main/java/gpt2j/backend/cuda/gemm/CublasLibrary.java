package gpt2j.backend.cuda.gemm;

import gpt2j.backend.cuda.driver.Natives;
import gpt2j.backend.cuda.driver.ToolkitLibrary;
import java.io.IOException;
import java.util.List;
import java.util.function.UnaryOperator;
import jcuda.jcublas.JCublas2;
import org.jspecify.annotations.Nullable;

/**
 * Finds cuBLAS, which comes with CUDA and not with the driver, and loads JCuda's library for it.
 * That one is made for cuBLAS of CUDA 12. The functions that it calls are the same in that of CUDA
 * 13, so where there is only that, a copy is loaded that asks for it.
 */
public final class CublasLibrary {
  private static final String JNI_VERSION = "12";
  private static final List<String> VERSIONS = List.of(JNI_VERSION, "13");

  private CublasLibrary() {}

  /**
   * What was found.
   *
   * @param version the version of CUDA that it is of, or null when there is none
   * @param reason why there is none
   */
  public record Result(@Nullable String version, String reason) {
    public boolean isLoaded() {
      return version != null;
    }

    /** For listings. */
    @Override
    public String toString() {
      return isLoaded() ? "of CUDA " + version : reason;
    }
  }

  /** Loads cuBLAS when first called. */
  public static Result load() {
    return Loaded.RESULT;
  }

  private static final class Loaded {
    static final Result RESULT = find();

    private static Result find() {
      for (String version : VERSIONS) {
        // The first is needed by the second, which finds it by its name once it is open.
        ToolkitLibrary.open("libcublasLt.so." + version);
        if (ToolkitLibrary.open("libcublas.so." + version).isPresent()) {
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
}
