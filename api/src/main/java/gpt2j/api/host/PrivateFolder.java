package gpt2j.api.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Folders in which nobody but this user and root can change anything. Native libraries are loaded
 * from no others: whoever can put a library there runs with the rights of this process.
 */
public final class PrivateFolder {
  private static final String PROPERTY = "gpt2j.natives";
  private static final String VARIABLE = "GPT2J_NATIVES";

  /** How to choose the folder of native libraries, for messages. */
  public static final String ADVICE =
      "choose another folder with -D" + PROPERTY + "=FOLDER or " + VARIABLE + "=FOLDER";

  private static final int OTHERS_WRITE = 0022;
  private static final int OTHERS_ENTER = 0011;
  private static final int STICKY = 01000; // only an entry's owner may rename or remove it
  private static final FileAttribute<Set<PosixFilePermission>> OURS_ALONE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private PrivateFolder() {}

  /**
   * A folder with everything in it, made for this user alone where there is none.
   *
   * @return its real path
   * @throws IOException in one line, why it is of no use: others can change something in it, it
   *     can't be written to, or nothing can be executed there
   */
  public static Path open(Path folder) throws IOException {
    try {
      Files.createDirectories(folder, OURS_ALONE);
      Path real = folder.toRealPath();
      requirePrivate(real);
      if (!Files.isWritable(real)) {
        throw new IOException(real + " can't be written to");
      }
      requireExecutable(real);
      return real;
    } catch (FileSystemException e) {
      throw new IOException(inOneLine(e), e);
    }
  }

  /** The folder for native libraries that the user has chosen, if any. */
  public static Optional<String> chosen() {
    return Stream.of(System.getProperty(PROPERTY, ""), System.getenv().getOrDefault(VARIABLE, ""))
        .filter(choice -> !choice.isEmpty())
        .findFirst();
  }

  /**
   * A new folder for this user alone, below the one chosen or that for temporary files.
   *
   * @throws IOException as {@link #open} does
   */
  public static Path temporary(String prefix) throws IOException {
    Path parent = Path.of(chosen().orElse(System.getProperty("java.io.tmpdir"))).toAbsolutePath();
    try {
      if (chosen().isPresent()) {
        Files.createDirectories(parent, OURS_ALONE);
      }
      return open(Files.createTempDirectory(parent, prefix, OURS_ALONE));
    } catch (FileSystemException e) {
      throw new IOException(inOneLine(e), e);
    }
  }

  /** Removes a folder's contents, as far as that is possible. */
  public static void empty(Path folder) {
    remove(folder, folder);
  }

  /** Removes a folder with its contents, as far as that is possible. */
  public static void remove(Path folder) {
    remove(folder, null);
  }

  private static void remove(Path folder, @Nullable Path kept) {
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path entry : tree.sorted(Comparator.reverseOrder()).toList()) {
        if (!entry.equals(kept)) {
          Files.deleteIfExists(entry);
        }
      }
    } catch (IOException | UncheckedIOException e) {
      // Somebody is still writing there: what is left takes room and does no harm.
    }
  }

  /** What is wrong with a file or folder, with its name. */
  private static String inOneLine(FileSystemException e) {
    String reason =
        switch (e) {
          case AccessDeniedException _ -> "permission denied";
          case NoSuchFileException _ -> "does not exist";
          default -> e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
        };
    return e.getFile() + ": " + reason;
  }

  private static void requirePrivate(Path real) throws IOException {
    int user = user();
    for (Path above = real.getParent(); above != null; above = above.getParent()) {
      Entry entry = Entry.of(above);
      if (!entry.isOwnedBy(user)) {
        throw new IOException(foreign(above));
      }
      if (entry.has(OTHERS_WRITE) && !entry.has(STICKY)) {
        throw new IOException(writable(above));
      }
    }
    boolean closed = !Entry.of(real).has(OTHERS_ENTER);
    try (Stream<Path> tree = Files.walk(real)) {
      for (Path path : (Iterable<Path>) tree::iterator) {
        Entry entry = Entry.of(path);
        if (!entry.isOwnedBy(user)) {
          throw new IOException(foreign(path));
        }
        boolean shielded = closed && !path.equals(real);
        if (!shielded && !entry.isLink() && entry.has(OTHERS_WRITE)) {
          throw new IOException(writable(path));
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static String foreign(Path path) {
    return path + " belongs to another user";
  }

  private static String writable(Path path) {
    return path + " can be written to by others (chmod go-w takes that away)";
  }

  /** Which user this process acts for. */
  private static int user() throws IOException {
    return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
  }

  private static void requireExecutable(Path real) throws IOException {
    Optional<Mount> mount =
        Mount.all(Path.of("/proc/self/mountinfo")).stream()
            .filter(candidate -> real.startsWith(candidate.point()))
            .reduce(
                (one, other) ->
                    other.point().getNameCount() >= one.point().getNameCount() ? other : one);
    if (mount.isPresent() && mount.get().options().contains("noexec")) {
      throw new IOException(
          "%s is on %s, from which nothing may be executed (mounted noexec)"
              .formatted(real, mount.get().point()));
    }
  }

  private record Entry(int owner, int mode) {
    private static final int KIND = 0170000;
    private static final int LINK = 0120000;

    static Entry of(Path path) throws IOException {
      var attributes = Files.readAttributes(path, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
      return new Entry((int) attributes.get("uid"), (int) attributes.get("mode"));
    }

    boolean isOwnedBy(int user) {
      return owner == user || owner == 0;
    }

    boolean has(int bits) {
      return (mode & bits) != 0;
    }

    boolean isLink() {
      return (mode & KIND) == LINK;
    }
  }
}
