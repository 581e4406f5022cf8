package gpt2j.model.gpt2.safetensors;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.Map;
import java.util.UUID;
import java.util.function.DoubleConsumer;

/**
 * Writes safetensors files without ever holding a whole tensor. The same tensors and metadata give
 * the same bytes, those of the format's own library, whatever their order and the number of
 * threads.
 */
public final class SafetensorsWriter {
  private SafetensorsWriter() {}

  /**
   * Writes a file, to the side at first: {@code file} is replaced when all is written, and is as it
   * was when anything fails.
   *
   * @param metadata free text for the header
   * @param threads how many threads compute and write values
   * @param progress is told the fraction done, from 0 to 1, by one thread at a time
   * @throws IOException when the file can't be written
   * @throws IllegalArgumentException when two tensors have the same name, or one that is reserved
   */
  public static void write(
      Path file,
      Collection<OutputTensor> tensors,
      Map<String, String> metadata,
      int threads,
      DoubleConsumer progress)
      throws IOException {
    FileLayout layout = FileLayout.of(tensors, metadata);
    Path target = file.toAbsolutePath();
    Path partial =
        target.resolveSibling(".%s.partial-%s".formatted(target.getFileName(), UUID.randomUUID()));
    requireSpace(target.getParent(), layout.bytes());
    try {
      try (FileChannel channel =
          FileChannel.open(partial, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        new ParallelWrite(layout, channel, progress).run(threads);
      }
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  /** Says so at once when the disk is too full, not after minutes of writing. */
  private static void requireSpace(Path directory, long bytes) throws IOException {
    FileStore store = Files.getFileStore(directory);
    long free = store.getUsableSpace();
    // Zero is also what a file system says that doesn't know.
    if (free > 0 && free < bytes) {
      throw new IOException(
          "no space left: %d MiB are needed, %d MiB are free".formatted(bytes >> 20, free >> 20));
    }
  }
}
