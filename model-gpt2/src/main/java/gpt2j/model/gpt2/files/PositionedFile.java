package gpt2j.model.gpt2.files;

import gpt2j.api.Words;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * A large file that is read by position and never mapped: who cuts it off while it is read, or
 * pulls out its disk, causes an exception, where with a mapping he would end the process.
 *
 * <p>Any number of threads may read. Messages of exceptions are to follow "FILE: ".
 */
public final class PositionedFile implements AutoCloseable {
  private static final int PART = 1 << 30; // the system reads no more at once than 2 GiB
  private static final int PIECE = 1 << 18; // bytes on their way to memory of the heap

  private final Path path;
  private final State opened;
  private volatile FileChannel channel;
  private volatile boolean closed;

  /** What tells that a file was written to; of a file of the same key. */
  private record State(@Nullable Object key, FileTime modified, long size) {
    static State of(Path path) throws IOException {
      BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
      return new State(now.fileKey(), now.lastModifiedTime(), now.size());
    }
  }

  private PositionedFile(Path path, FileChannel channel, State opened) {
    this.path = path;
    this.channel = channel;
    this.opened = opened;
  }

  /**
   * Opens a regular file.
   *
   * @throws IOException when there is none, or it can't be read
   */
  public static PositionedFile open(Path path) throws IOException {
    Io.requireRegularFile(path);
    State state = State.of(path);
    return new PositionedFile(path, FileChannel.open(path, StandardOpenOption.READ), state);
  }

  /** Its size in bytes when it was opened. */
  public long size() {
    return opened.size();
  }

  /**
   * Reads as many bytes as there is room for.
   *
   * @throws IOException when they can't be read, or the file was cut off since it was opened
   * @throws IllegalStateException when it is closed
   * @throws CancellationException when the thread is interrupted; others read on
   */
  public void read(long position, MemorySegment to) throws IOException {
    Objects.checkFromIndexSize(position, to.byteSize(), size());
    if (to.isNative()) {
      for (long done = 0; done < to.byteSize(); done += PART) {
        long count = Math.min(PART, to.byteSize() - done);
        readFully(position + done, to.asSlice(done, count).asByteBuffer());
      }
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment room = arena.allocate(Math.min(to.byteSize(), PIECE));
      for (long done = 0; done < to.byteSize(); done += PIECE) {
        long count = Math.min(PIECE, to.byteSize() - done);
        readFully(position + done, room.asSlice(0, count).asByteBuffer());
        MemorySegment.copy(room, 0, to, done, count);
      }
    }
  }

  private void readFully(long position, ByteBuffer to) throws IOException {
    for (long at = position; to.hasRemaining(); ) {
      FileChannel from = channel;
      try {
        int count = from.read(to, at);
        if (count < 0) {
          throw new EOFException(
              "was cut off while it was read: it had %s, now %d"
                  .formatted(Words.count(size(), "byte"), from.size()));
        }
        at += count;
      } catch (ClosedByInterruptException e) {
        CancellationException interrupted =
            new CancellationException(path + ": reading was interrupted");
        interrupted.initCause(e);
        throw interrupted;
      } catch (ClosedChannelException e) {
        reopen(from); // an interrupt closes the channel for all who read
      }
    }
  }

  private synchronized void reopen(FileChannel lost) throws IOException {
    if (closed) {
      throw new IllegalStateException(path + " is closed");
    }
    if (channel != lost) {
      return;
    }
    PositionedFile again = open(path);
    if (!again.opened.equals(opened)) {
      again.close();
      throw new IOException("was changed or replaced while it was read");
    }
    channel = again.channel;
  }

  /**
   * Returns unless the file was written to since it was opened, as far as its size and time of
   * modification tell. Another file under the same name doesn't matter: this one is still what it
   * was.
   *
   * @throws IOException when it was
   */
  public void requireUnchanged() throws IOException {
    State now;
    try {
      now = State.of(path);
    } catch (NoSuchFileException deleted) {
      return;
    }
    if (!now.equals(opened) && Objects.equals(now.key(), opened.key())) {
      throw new IOException("was changed while it was read");
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // nothing was written
    }
  }
}
