package gpt2j.model.gpt2.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What is done to files that must be whole whenever the process ends, so that a test can let each
 * operation fail. When one that writes a file returns, its content is on the disk, though its name
 * may not be: see {@link #force}.
 */
public class Disk {
  private static final String PARTIAL = ".partial";

  /** The real one. */
  public Disk() {}

  /** What a file is to hold. */
  @FunctionalInterface
  public interface Content {
    /** Makes a file where there is none. */
    void writeTo(Path file) throws IOException;
  }

  /** Makes a directory whose parent is there. */
  public void createDirectory(Path directory) throws IOException {
    Files.createDirectory(directory);
  }

  /** Writes a new file. */
  public final void write(Path file, byte[] content) throws IOException {
    write(
        file,
        there ->
            Files.write(there, content, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
  }

  /** Writes a new file. */
  public void write(Path file, Content content) throws IOException {
    content.writeTo(file);
    forceFile(file);
  }

  /** Writes a file to the side and gives it its name when it is complete; replaces another. */
  public final void replace(Path file, byte[] content) throws IOException {
    Path partial = hidden(file, PARTIAL);
    try {
      delete(partial);
      write(partial, content);
      move(partial, file);
    } catch (IOException e) {
      discard(partial, e);
      throw e;
    }
    force(file.toAbsolutePath().getParent());
  }

  /** Deletes what an operation that failed left, as far as that works. */
  public final void discard(Path partial, Exception cause) {
    try {
      delete(partial);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  /** The path with a name that begins with a dot, for what isn't complete. */
  public static Path hidden(Path path, String suffix) {
    return path.resolveSibling("." + path.getFileName() + suffix);
  }

  /** Makes a symbolic link to a sibling. */
  public void link(Path link, Path target) throws IOException {
    Files.createSymbolicLink(link, target.getFileName());
  }

  /** Gives a file or a directory another name at once; replaces a file, not a directory. */
  public void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Sees to it that the names in a directory are on the disk. */
  public void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      sync(channel);
    }
  }

  private void forceFile(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      sync(channel);
    }
  }

  /** Sees to it that all in a directory, and below it, is on the disk. */
  final void forceAll(Path directory) throws IOException {
    List<Path> all;
    try (Stream<Path> content = Files.walk(directory)) {
      all = content.toList();
    }
    for (Path each : all) {
      if (Files.isDirectory(each)) {
        force(each);
      } else {
        forceFile(each);
      }
    }
  }

  /** Returns when what was written is on the disk. */
  public void sync(FileChannel channel) throws IOException {
    channel.force(true);
  }

  /** Deletes a file or a directory with all that is in it; nothing when there is none. */
  public void delete(Path path) throws IOException {
    List<Path> all;
    try (Stream<Path> content = Files.walk(path)) {
      all = content.sorted(Comparator.reverseOrder()).toList(); // what is in a directory first
    } catch (NoSuchFileException nothing) {
      return;
    }
    for (Path each : all) {
      Files.deleteIfExists(each);
    }
  }
}
