package gpt2j.model.gpt2.files;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file that is new, and otherwise as a {@link NewDirectory}. */
public final class NewFile implements AutoCloseable {
  private final Path target;
  private final Path partial;
  private final FileChannel channel;
  private final Unfinished unfinished;

  private NewFile(Path target, Path partial, FileChannel channel) {
    this.target = target;
    this.partial = partial;
    this.channel = channel;
    unfinished = new Unfinished(partial, new Disk(), null);
  }

  /**
   * Begins a file.
   *
   * @param target where it will be; there is nothing
   */
  public static NewFile create(Path target) throws IOException {
    Path absolute = target.toAbsolutePath().normalize();
    Path parent = absolute.getParent();
    if (parent == null || Files.exists(absolute, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileAlreadyExistsException(target.toString());
    }
    Leftovers.remove(absolute, new Disk());
    Path partial = Leftovers.newName(absolute);
    FileChannel channel =
        FileChannel.open(partial, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    NewFile file = new NewFile(absolute, partial, channel);
    try {
      boolean ignored = channel.tryLock() != null; // nobody else knows its name
    } catch (IOException e) {
      // where files can't be locked
    }
    return file;
  }

  /** Takes what is to be in the file. */
  public OutputStream stream() {
    return Channels.newOutputStream(channel);
  }

  /**
   * Gives the file its name.
   *
   * @throws FileAlreadyExistsException when another file has it by now
   */
  public void commit() throws IOException {
    channel.force(true);
    unfinished.commit(
        () -> {
          try {
            Files.createLink(target, partial); // unlike a move, it replaces nothing
            Files.delete(partial);
          } catch (FileAlreadyExistsException e) {
            throw e;
          } catch (FileSystemException | UnsupportedOperationException e) {
            Files.move(partial, target);
          }
        });
    new Disk().force(target.getParent());
  }

  @Override
  public void close() {
    try (channel) {
      unfinished.close();
    } catch (IOException e) {
      // what counts was forced to the disk before
    }
  }
}
