package gpt2j.model.gpt2.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;

/**
 * Says that this process uses a file or a directory. It ends with the process, however that ends.
 */
public final class ProcessLock implements AutoCloseable {
  /** The file in a directory that is locked. */
  public static final String NAME = ".lock";

  private final FileChannel channel;

  private ProcessLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock of a directory.
   *
   * @return nothing when another process, or another part of this one, has it
   */
  public static Optional<ProcessLock> ofDirectory(Path directory) throws IOException {
    return take(directory.resolve(NAME), StandardOpenOption.CREATE);
  }

  /** Takes the lock of a file that is there, or of a directory that had one. */
  static Optional<ProcessLock> ofExisting(Path path) throws IOException {
    boolean isDirectory = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
    return take(isDirectory ? path.resolve(NAME) : path, LinkOption.NOFOLLOW_LINKS);
  }

  private static Optional<ProcessLock> take(Path file, OpenOption how) throws IOException {
    FileChannel channel = FileChannel.open(file, Set.of(how, StandardOpenOption.WRITE));
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return Optional.of(new ProcessLock(channel));
      }
    } catch (OverlappingFileLockException e) {
      // has it
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    channel.close();
    return Optional.empty();
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // the lock goes with the process
    }
  }
}
