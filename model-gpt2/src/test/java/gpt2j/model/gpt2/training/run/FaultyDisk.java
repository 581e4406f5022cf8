package gpt2j.model.gpt2.training.run;

import gpt2j.model.gpt2.safetensors.OutputTensor;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/** A disk one of whose operations fails half-way. */
final class FaultyDisk extends Disk {
  /** The end of the process: nothing works any more. */
  static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  private final int failing;
  private final boolean kills;
  private int operations;

  private FaultyDisk(int failing, boolean kills) {
    this.failing = failing;
    this.kills = kills;
  }

  /** One on which operation {@code number}, counted from 1, is the process's last. */
  static FaultyDisk killing(int number) {
    return new FaultyDisk(number, true);
  }

  /** One on which operation {@code number} fails, as on a full disk. */
  static FaultyDisk failing(int number) {
    return new FaultyDisk(number, false);
  }

  /** One that counts. */
  static FaultyDisk counting() {
    return new FaultyDisk(Integer.MAX_VALUE, false);
  }

  int operations() {
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
  void createDirectory(Path directory) throws IOException {
    attempt(() -> super.createDirectory(directory));
  }

  @Override
  void write(Path file, byte[] content) throws IOException {
    attempt(
        () -> super.write(file, Arrays.copyOf(content, content.length / 2)),
        () -> super.write(file, content));
  }

  @Override
  void write(Path file, Collection<OutputTensor> tensors) throws IOException {
    attempt(
        () -> super.write(file, List.copyOf(tensors).subList(0, tensors.size() / 2)),
        () -> super.write(file, tensors));
  }

  @Override
  void link(Path link, Path target) throws IOException {
    attempt(() -> super.link(link, target));
  }

  @Override
  void move(Path from, Path to) throws IOException {
    attempt(() -> super.move(from, to));
  }

  @Override
  void force(Path directory) throws IOException {
    attempt(() -> super.force(directory));
  }

  @Override
  void delete(Path path) throws IOException {
    attempt(() -> deleteSome(path), () -> super.delete(path));
  }

  /** Power failures aren't tested, and waiting for disks takes minutes. */
  @Override
  void sync(FileChannel channel) {}

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
