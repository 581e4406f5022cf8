package gpt2j.hub.cache;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The lock of a blob in the cache, the one that {@code huggingface_hub} takes with {@code
 * filelock}: {@code flock(2)} on Linux, a locked byte on Windows. The file stays when the lock is
 * given up, since others may be waiting at it. The lock goes with the process, however that ends.
 *
 * <p>Where there is no such lock (file systems without, other systems, a JVM that denies native
 * access) whoever downloads works without: see {@link #isExclusive}.
 */
public final class CacheLock implements AutoCloseable {
  private static final String SYSTEM = System.getProperty("os.name").toLowerCase(Locale.ROOT);

  /** Gives the lock up. */
  @FunctionalInterface
  private interface Held {
    void release() throws IOException;
  }

  private final @Nullable Held held;

  private CacheLock(@Nullable Held held) {
    this.held = held;
  }

  /**
   * Takes the lock.
   *
   * @param file which is made where it isn't there, as its folder is
   * @return nothing while somebody else has it, in this process or another
   */
  public static Optional<CacheLock> tryTake(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    create(file);
    if (SYSTEM.contains("windows")) {
      return tryTakeByte(file);
    }
    return SYSTEM.contains("linux") ? tryTakeFlock(file) : Optional.of(new CacheLock(null));
  }

  /** That of the group may open it too, who share a cache. */
  private static void create(Path file) throws IOException {
    try {
      Files.createFile(file);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-r--"));
    } catch (FileAlreadyExistsException e) {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException(file + ": is not a regular file", e);
      }
    } catch (UnsupportedOperationException e) {
      // has other permissions
    }
  }

  private static Optional<CacheLock> tryTakeFlock(Path file) throws IOException {
    int descriptor;
    try {
      descriptor = Flock.open(file);
    } catch (IllegalCallerException | LinkageError e) {
      return Optional.of(new CacheLock(null)); // native access is denied
    }
    boolean locked = false;
    try {
      locked = Flock.tryLock(descriptor) && isStill(file, descriptor);
      return locked ? Optional.of(new CacheLock(() -> Flock.close(descriptor))) : Optional.empty();
    } catch (UnsupportedOperationException e) {
      return Optional.of(new CacheLock(null));
    } finally {
      if (!locked) {
        Flock.close(descriptor);
      }
    }
  }

  /**
   * Whether the file that is open still has its name: the lock of a deleted one locks nobody out.
   */
  private static boolean isStill(Path file, int descriptor) throws IOException {
    try {
      return Files.isSameFile(file, Path.of("/proc/self/fd/" + descriptor));
    } catch (NoSuchFileException e) {
      return !Files.exists(Path.of("/proc/self/fd")); // where that can't be told
    }
  }

  private static Optional<CacheLock> tryTakeByte(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
    boolean locked = false;
    try {
      locked = channel.tryLock(0, 1, false) != null;
      return locked ? Optional.of(new CacheLock(channel::close)) : Optional.empty();
    } catch (OverlappingFileLockException e) {
      return Optional.empty();
    } finally {
      if (!locked) {
        channel.close();
      }
    }
  }

  /**
   * Whether nobody else has the lock. Where that can't be, several may download the same file, each
   * to a place of its own.
   */
  public boolean isExclusive() {
    return held != null;
  }

  @Override
  public void close() {
    try {
      if (held != null) {
        held.release();
      }
    } catch (IOException e) {
      // the lock goes with the process
    }
  }
}
