package gpt2j.model.gpt2.files;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A directory that is filled to the side and takes its name when it is complete and on the disk. If
 * it is closed before, or the process is asked to end, nothing is left of it; what a process leaves
 * that is killed goes when the same directory is begun again.
 */
public final class NewDirectory implements AutoCloseable {
  private final Path target;
  private final Path partial;
  private final Disk disk;
  private final Unfinished unfinished;

  private NewDirectory(Path target, Path partial, Disk disk, @Nullable ProcessLock lock) {
    this.target = target;
    this.partial = partial;
    this.disk = disk;
    unfinished = new Unfinished(partial, disk, lock);
  }

  /**
   * Begins a directory.
   *
   * @param target where it will be; nothing, or an empty directory
   */
  public static NewDirectory create(Path target) throws IOException {
    return create(target, new Disk());
  }

  static NewDirectory create(Path target, Disk disk) throws IOException {
    Path absolute = target.toAbsolutePath().normalize();
    requireUnused(absolute);
    if (Files.isDirectory(absolute)) {
      absolute = absolute.toRealPath(); // what a link leads to is replaced, not the link
    }
    Path parent = absolute.getParent();
    if (parent == null) {
      throw new IOException("is no place for a directory");
    }
    createParents(parent);
    Leftovers.remove(absolute, disk);
    while (true) {
      Path partial = Leftovers.newName(absolute);
      disk.createDirectory(partial);
      ProcessLock lock = lock(partial);
      // Another process may have taken it for a leftover in the moment before.
      if (lock == null || Files.exists(partial.resolve(ProcessLock.NAME))) {
        return new NewDirectory(absolute, partial, disk, lock);
      }
      lock.close();
    }
  }

  /**
   * Throws unless a directory can be made there, as far as one can know before.
   *
   * @param target nothing, or an empty directory
   */
  public static void requireUnused(Path target) throws IOException {
    if (Files.isDirectory(target)) {
      try (Stream<Path> content = Files.list(target)) {
        if (content.findAny().isPresent()) {
          throw new IOException("the directory isn't empty; choose a new one");
        }
      }
    } else if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException("a file has that name");
    }
  }

  static void createParents(Path parent) throws IOException {
    try {
      Files.createDirectories(parent);
    } catch (FileAlreadyExistsException e) {
      throw new IOException(e.getFile() + " is not a directory", e);
    }
  }

  /** Nothing where files can't be locked; then it isn't taken for a leftover either. */
  private static @Nullable ProcessLock lock(Path partial) {
    try {
      return ProcessLock.ofDirectory(partial).orElse(null);
    } catch (IOException e) {
      return null;
    }
  }

  /** Where to put the files for now. */
  public Path path() {
    return partial;
  }

  public void write(String file, byte[] content) throws IOException {
    disk.write(partial.resolve(file), content);
  }

  /** Gives the directory its name. */
  public void commit() throws IOException {
    disk.forceAll(partial);
    unfinished.commit(
        () -> {
          disk.delete(partial.resolve(ProcessLock.NAME)); // without it, it is no leftover
          try {
            disk.move(partial, target);
          } catch (FileSystemException e) {
            requireUnused(target); // still
            throw e;
          }
        });
    disk.force(target.getParent());
  }

  @Override
  public void close() {
    unfinished.close();
  }
}
