package gpt2j.model.gpt2.files;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A directory that is filled to the side and takes its name when it is complete. If it is closed
 * before, or the process is asked to end, nothing is left of it.
 */
public final class NewDirectory implements AutoCloseable {
  private final Path target;
  private final Path partial;
  private final Thread cleaner = new Thread(this::delete);

  private NewDirectory(Path target, Path partial) {
    this.target = target;
    this.partial = partial;
  }

  /**
   * Begins a directory.
   *
   * @param target where it will be; nothing, or an empty directory
   */
  public static NewDirectory create(Path target) throws IOException {
    Path absolute = target.toAbsolutePath().normalize();
    if (Files.isDirectory(absolute)) {
      try (Stream<Path> content = Files.list(absolute)) {
        if (content.findAny().isPresent()) {
          throw new IOException("the directory isn't empty; choose a new one");
        }
      }
    } else if (Files.exists(absolute)) {
      throw new IOException("a file has that name");
    }
    Path parent = absolute.getParent();
    if (parent == null) {
      throw new IOException("is no place for a directory");
    }
    try {
      Files.createDirectories(parent);
    } catch (FileAlreadyExistsException e) {
      throw new IOException(e.getFile() + " is not a directory", e);
    }
    Path partial =
        parent.resolve(".%s.partial-%s".formatted(absolute.getFileName(), UUID.randomUUID()));
    NewDirectory directory = new NewDirectory(absolute, partial);
    Files.createDirectory(partial);
    Runtime.getRuntime().addShutdownHook(directory.cleaner);
    return directory;
  }

  /** Where to put the files for now. */
  public Path path() {
    return partial;
  }

  public void write(String file, byte[] content) throws IOException {
    Files.write(partial.resolve(file), content);
  }

  /** Gives the directory its name. */
  public void commit() throws IOException {
    try {
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (DirectoryNotEmptyException | FileAlreadyExistsException e) {
      throw new IOException("the directory isn't empty any more", e);
    }
  }

  @Override
  public void close() {
    delete();
    try {
      Runtime.getRuntime().removeShutdownHook(cleaner);
    } catch (IllegalStateException shuttingDown) {
      // the hook finds nothing left to do
    }
  }

  private void delete() {
    try (Stream<Path> content = Files.walk(partial)) {
      // Children after their parents: reversed, a directory is empty when its turn comes.
      for (Path path : content.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException | UncheckedIOException e) {
      // either it has its name now and there is nothing here, or nothing more can be done
    }
  }
}
