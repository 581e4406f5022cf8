package gpt2j.backend.cuda.driver;

import gpt2j.api.host.NativeAccess;
import gpt2j.api.host.PrivateFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import jcuda.JCudaVersion;
import jcuda.LibUtils;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * Loads JCuda's native libraries. They lie in jars where JCuda looks for them on the class path
 * only; what it always takes is a file of the right name in the folder for temporary files. So they
 * are copied to a private folder, which is that folder while JCuda initialises, and removed.
 */
public final class Natives {
  private static final String TEMPORARY_FOLDER = "java.io.tmpdir";

  /** The modules that call native code, or are called by it. */
  private static final List<String> MODULES = List.of("gpt2j.backend.cuda", "jcuda", "jcublas");

  private Natives() {}

  /** Why the driver can't be called, if it can't. The first call loads JCuda's driver API. */
  public static Optional<String> driverFailure() {
    return Optional.ofNullable(Driver.FAILURE);
  }

  /** Loads once: a class whose initialisation has failed can't be asked for the reason again. */
  private static final class Driver {
    static final @Nullable String FAILURE = load();

    private static @Nullable String load() {
      String system = System.getProperty("os.name");
      String architecture = System.getProperty("os.arch");
      if (!system.equals("Linux") || !architecture.equals("amd64")) {
        return "its native libraries are for Linux on x86-64, this is %s on %s"
            .formatted(system, architecture);
      }
      Optional<String> objection = NativeAccess.objection(Natives.class.getModule(), MODULES);
      if (objection.isPresent()) {
        return objection.get();
      }
      try {
        initialize(
            "JCudaDriver", UnaryOperator.identity(), () -> JCudaDriver.setExceptionsEnabled(false));
        return null;
      } catch (LinkageError e) {
        return reason(e);
      } catch (IOException e) {
        return "JCuda's native library can't be copied to a private folder: %s; %s"
            .formatted(e.getMessage(), PrivateFolder.ADVICE);
      } catch (RuntimeException e) {
        return e.toString(); // thrown by what loads it: this must not end an initialisation
      }
    }
  }

  /**
   * Copies one of JCuda's libraries and runs what loads it.
   *
   * @param library its name without version and platform
   * @param change what to do to the copy
   * @param initialize initialises the class that belongs to it
   */
  public static void initialize(String library, UnaryOperator<byte[]> change, Runnable initialize)
      throws IOException {
    String file = fileName(library);
    Path folder = PrivateFolder.temporary("gpt2j-cuda-");
    Path copy = folder.resolve(file);
    try {
      Files.write(copy, change.apply(resource("lib/" + file)));
      withTemporaryFolder(folder, initialize);
    } finally {
      PrivateFolder.remove(folder); // what is loaded stays mapped
    }
  }

  private static String fileName(String library) {
    String name = library + "-" + JCudaVersion.get();
    return LibUtils.createLibraryFileName(LibUtils.createPlatformLibraryName(name));
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = ClassLoader.getSystemResourceAsStream(name)) {
      if (in == null) {
        throw new IOException(name + " is on no path of modules or classes");
      }
      return in.readAllBytes();
    }
  }

  private static void withTemporaryFolder(Path folder, Runnable work) {
    String before = System.setProperty(TEMPORARY_FOLDER, folder.toString());
    try {
      work.run();
    } finally {
      if (before == null) {
        System.clearProperty(TEMPORARY_FOLDER);
      } else {
        System.setProperty(TEMPORARY_FOLDER, before);
      }
    }
  }

  /** The line that says what is missing, out of a message of two stack traces. */
  public static String reason(LinkageError error) {
    String message = String.valueOf(error.getMessage());
    if (message.contains("libcuda.so.1: cannot open shared object file")) {
      return "there is no NVIDIA driver: libcuda.so.1 was not found";
    }
    // The second attempt is the one that had the library.
    return message
        .lines()
        .filter(line -> line.contains(UnsatisfiedLinkError.class.getName() + ": "))
        .reduce((first, second) -> second)
        .map(line -> line.replaceFirst(".*UnsatisfiedLinkError: (/\\S*/)?", "").strip())
        .map(line -> "the NVIDIA driver doesn't fit: " + line)
        .orElseGet(() -> message.lines().findFirst().orElse(error.getClass().getName()));
  }
}
