package gpt2j.backend.cpu.nd4j;

import gpt2j.api.host.PrivateFolder;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where JavaCPP unpacks native libraries to and loads them from: what the user says, or else a
 * folder of the user's own below {@code ~/.cache}, or where that is of no use a new one for this
 * process alone. JavaCPP by itself would also take a folder whose name everybody can foretell, and
 * load whatever has the right size and date there.
 *
 * @param path a folder in which nobody else can change anything
 * @param isTemporary whether it goes when the process ends
 */
record NativesFolder(Path path, boolean isTemporary) {
  static final String JAVACPP_PROPERTY = "org.bytedeco.javacpp.cachedir";

  /** Found once, or the reason why there is none. */
  private static final class Once {
    static final @Nullable NativesFolder FOLDER;
    static final String FAILURE;

    static {
      NativesFolder found = null;
      String failure = "";
      try {
        found = find(chosen(), usual());
      } catch (IOException e) {
        failure = String.valueOf(e.getMessage());
      }
      FOLDER = found;
      FAILURE = failure;
    }
  }

  /**
   * The folder of this process.
   *
   * @throws IOException with one line that says why there is none and what to do
   */
  static NativesFolder get() throws IOException {
    if (Once.FOLDER == null) {
      throw new IOException(Once.FAILURE);
    }
    return Once.FOLDER;
  }

  /**
   * The folder chosen, or the usual one, or a temporary one.
   *
   * @param chosen what the user says, if anything: then it is this one or none
   * @throws IOException as {@link #get} does
   */
  static NativesFolder find(@Nullable String chosen, String usual) throws IOException {
    if (chosen != null) {
      try {
        return new NativesFolder(PrivateFolder.open(path(chosen)), false);
      } catch (IOException e) {
        throw failure(e.getMessage(), e);
      }
    }
    IOException unusable;
    try {
      return new NativesFolder(PrivateFolder.open(path(usual)), false);
    } catch (IOException e) {
      unusable = e;
    }
    try {
      Path folder = PrivateFolder.temporary("gpt2j-natives-");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> PrivateFolder.remove(folder)));
      return new NativesFolder(folder, true);
    } catch (IOException e) {
      throw failure(unusable.getMessage() + "; " + e.getMessage(), e);
    }
  }

  private static IOException failure(@Nullable String reasons, IOException cause) {
    return new IOException(
        "there is no folder for its native libraries: %s; %s"
            .formatted(reasons, PrivateFolder.ADVICE),
        cause);
  }

  private static Path path(String name) throws IOException {
    try {
      return Path.of(name).toAbsolutePath();
    } catch (InvalidPathException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** What the user says, to us or to JavaCPP. */
  private static @Nullable String chosen() {
    return PrivateFolder.chosen().orElse(System.getProperty(JAVACPP_PROPERTY));
  }

  private static String usual() {
    String caches = System.getenv("XDG_CACHE_HOME");
    boolean isSet = caches != null && caches.startsWith("/"); // others are to be ignored
    return (isSet ? caches : System.getProperty("user.home") + "/.cache") + "/gpt2j/natives";
  }
}
