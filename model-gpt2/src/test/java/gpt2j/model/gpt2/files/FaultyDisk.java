package gpt2j.model.gpt2.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/** A disk one of whose operations fails half-way. */
public final class FaultyDisk extends Disk {
  /** The end of the process: nothing works any more. */
  public static final class Killed extends Error {
    private static final long serialVersionUID = 1L;

    Killed() {}
  }

  private final int failing;
  private final boolean kills;
  private int operations;

  private FaultyDisk(int failing, boolean kills) {
    this.failing = failing;
    this.kills = kills;
  }

  /** One on which operation {@code number}, counted from 1, is the process's last. */
  public static FaultyDisk killing(int number) {
    return new FaultyDisk(number, true);
  }

  /** One on which operation {@code number} fails, as on a full disk. */
  public static FaultyDisk failing(int number) {
    return new FaultyDisk(number, false);
  }

  /** One that counts. */
  public static FaultyDisk counting() {
    return new FaultyDisk(Integer.MAX_VALUE, false);
  }

  public int operations() {
    return operations;
  }

  /** What to do instead of all of it. */
  private interface Half {
    void run() throws IOException;
  }

  private interface Whole {
    void run() throws IOException;
  }

  private void attempt(Half half, Whole whole) throws IOException {
    operations++;
    if (operations == failing) {
      half.run();
    }
    if (operations == failing || kills && operations > failing) {
      if (kills) {
        throw new Killed();
      }
      throw new IOException("No space left on device");
    }
    whole.run();
  }

  private void attempt(Whole whole) throws IOException {
    attempt(() -> {}, whole);
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    attempt(() -> super.createDirectory(directory));
  }

  @Override
  public void write(Path file, Content content) throws IOException {
    attempt(
        () -> {
          super.write(file, content);
          try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() / 2);
          }
        },
        () -> super.write(file, content));
  }

  @Override
  public void link(Path link, Path target) throws IOException {
    attempt(() -> super.link(link, target));
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    attempt(() -> super.move(from, to));
  }

  @Override
  public void force(Path directory) throws IOException {
    attempt(() -> super.force(directory));
  }

  @Override
  public void delete(Path path) throws IOException {
    attempt(() -> deleteSome(path), () -> super.delete(path));
  }

  /** Power failures aren't tested, and waiting for disks takes minutes. */
  @Override
  public void sync(FileChannel channel) {}

  private static void deleteSome(Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      try (Stream<Path> content = Files.list(path)) {
        for (Path file : content.sorted().limit(2).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
