package gpt2j.backend.cpu.nd4j;

import gpt2j.api.host.NativeAccess;
import gpt2j.backend.cpu.machine.HostMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What has to be there before anything can be computed. Looking at it loads no native library and
 * needs nothing of what may be missing.
 */
public final class Requirements {
  private static final String VECTORS = "jdk.incubator.vector";

  /** The modules that call native code or are called by it. */
  private static final List<String> NATIVE_MODULES =
      List.of("gpt2j.backend.cpu", "gpt2j.nd4j", "org.bytedeco.javacpp", "org.bytedeco.openblas");

  /** Under which JavaCPP would end a generation half-way; zero is none. */
  static final List<String> LIMITS =
      List.of("org.bytedeco.javacpp.maxBytes", "org.bytedeco.javacpp.maxPhysicalBytes");

  /**
   * What loading ND4J's libraries takes of the address space, 710 MB, and something to work with.
   */
  private static final long ADDRESSES = 1L << 30;

  /** The libraries of Java that ND4J calls, and a class of each. */
  private static final Map<String, String> LIBRARIES =
      new TreeMap<>(
          Map.of(
              "gpt2j:gpt2j-nd4j", "org/nd4j/linalg/factory/Nd4j.class",
              "org.apache.commons:commons-math3", "org/apache/commons/math3/util/FastMath.class",
              "org.bytedeco:javacpp", "org/bytedeco/javacpp/Pointer.class",
              "org.bytedeco:openblas", "org/bytedeco/openblas/global/openblas.class",
              "org.slf4j:slf4j-api", "org/slf4j/Logger.class"));

  /** A build of ND4J's natives, by its classifier, and what the processor needs to have for it. */
  private enum Build {
    ONEDNN_AVX2("-onednn-avx2", "avx2", "fma"),
    ONEDNN_AVX512("-onednn-avx512", "avx512f"),
    ONEDNN("-onednn"),
    AVX2("-avx2", "avx2", "fma"),
    AVX512("-avx512", "avx512f"),
    PLAIN("");

    private final String suffix;
    private final List<String> instructions;

    Build(String suffix, String... instructions) {
      this.suffix = suffix;
      this.instructions = List.of(instructions);
    }

    String library() {
      return "org/nd4j/linalg/cpu/nativecpu/bindings/linux-x86_64" + suffix + "/libnd4jcpu.so";
    }
  }

  private Requirements() {}

  /** The first thing that is missing, in one line with what to do; empty when all is there. */
  public static Optional<String> missing() {
    return Stream.<Supplier<@Nullable String>>of(
            Requirements::platform,
            Requirements::vectors,
            Requirements::libraries,
            Requirements::natives,
            Requirements::nativeAccess,
            Requirements::unsafe,
            Requirements::limits,
            Requirements::addresses,
            Requirements::folder)
        .map(Supplier::get)
        .filter(Objects::nonNull)
        .findFirst();
  }

  private static @Nullable String platform() {
    String system = System.getProperty("os.name");
    String architecture = System.getProperty("os.arch");
    return system.equals("Linux") && architecture.equals("amd64")
        ? null
        : "its native libraries are for Linux on x86-64, this is %s on %s"
            .formatted(system, architecture);
  }

  private static @Nullable String vectors() {
    return ModuleLayer.boot().findModule(VECTORS).isPresent()
        ? null
        : "the Vector API is missing: start java with --add-modules=" + VECTORS;
  }

  /** On a path of classes nothing else would say what isn't there before it is needed. */
  private static @Nullable String libraries() {
    return LIBRARIES.entrySet().stream()
        .filter(library -> !isThere(library.getValue()))
        .findFirst()
        .map(library -> "%s is on no path of modules or classes".formatted(library.getKey()))
        .orElse(null);
  }

  private static @Nullable String natives() {
    if (!isThere("org/bytedeco/javacpp/linux-x86_64/libjnijavacpp.so")) {
      return absent("JavaCPP", "org.bytedeco:javacpp", "linux-x86_64");
    }
    if (!isThere("org/bytedeco/openblas/linux-x86_64/libopenblas.so.0")) {
      return absent("OpenBLAS", "org.bytedeco:openblas", "linux-x86_64");
    }
    List<Build> builds =
        Arrays.stream(Build.values()).filter(build -> isThere(build.library())).toList();
    if (builds.isEmpty()) {
      return absent("ND4J", "org.nd4j:nd4j-native", "linux-x86_64-onednn-avx2");
    }
    List<String> instructions = instructions();
    return instructions.isEmpty()
            || builds.stream().anyMatch(build -> instructions.containsAll(build.instructions))
        ? null
        : "this processor doesn't have the instructions that ND4J's native library needs: %s"
            .formatted(String.join(", ", builds.getFirst().instructions));
  }

  private static boolean isThere(String library) {
    ClassLoader loader = Requirements.class.getClassLoader();
    return loader != null && loader.getResource(library) != null;
  }

  private static String absent(String library, String artifact, String classifier) {
    return "the native library of %s is on no path of modules or classes: add %s, classifier %s"
        .formatted(library, artifact, classifier);
  }

  private static List<String> instructions() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("flags"))
          .findFirst()
          .map(line -> List.of(line.split("\\s+")))
          .orElse(List.of());
    } catch (IOException e) {
      return List.of();
    }
  }

  private static @Nullable String nativeAccess() {
    return NativeAccess.objection(Requirements.class.getModule(), NATIVE_MODULES).orElse(null);
  }

  private static @Nullable String unsafe() {
    return "deny".equals(System.getProperty("sun.misc.unsafe.memory.access"))
        ? "JavaCPP needs sun.misc.Unsafe: start java with --sun-misc-unsafe-memory-access=allow"
        : null;
  }

  private static @Nullable String limits() {
    for (String limit : LIMITS) {
      String value =
          System.getProperty(limit, System.getProperty(limit.toLowerCase(Locale.ROOT), "0"));
      if (!value.matches("0*")) {
        return "-D%s=%s would end a generation when that is reached: leave it out, or set it to 0"
            .formatted(limit, value);
      }
    }
    return null;
  }

  private static @Nullable String addresses() {
    HostMemory.Room room = new HostMemory().room();
    return room.limit().equals(HostMemory.ADDRESS_LIMIT) && room.available() < ADDRESSES
        ? "ulimit -v leaves %,d bytes and ND4J alone needs addresses for %,d: raise it"
            .formatted(room.available(), ADDRESSES)
        : null;
  }

  private static @Nullable String folder() {
    try {
      NativesFolder.get();
      return null;
    } catch (IOException e) {
      return e.getMessage();
    }
  }
}
