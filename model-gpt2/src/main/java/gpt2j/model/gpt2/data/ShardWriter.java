package gpt2j.model.gpt2.data;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/** Writes tokens to a file. */
public final class ShardWriter implements AutoCloseable {
  private static final int TOKENS = 1 << 15;

  private final OutputStream out;
  private final TokenType type;
  private final byte[] buffer;
  private final MemorySegment segment;
  private final CRC32C checksum = new CRC32C();
  private int buffered;
  private long written;

  public ShardWriter(Path file, TokenType type) throws IOException {
    this.type = type;
    buffer = new byte[TOKENS * type.bytes()];
    segment = MemorySegment.ofArray(buffer);
    out = Files.newOutputStream(file);
  }

  public void write(int... tokens) throws IOException {
    for (int token : tokens) {
      if (buffered == TOKENS) {
        flush();
      }
      type.set(segment, buffered++, token);
    }
  }

  private void flush() throws IOException {
    int bytes = buffered * type.bytes();
    out.write(buffer, 0, bytes);
    checksum.update(buffer, 0, bytes);
    written += buffered;
    buffered = 0;
  }

  /** Writes what is left. */
  public void finish() throws IOException {
    flush();
  }

  public long written() {
    return written;
  }

  /** CRC-32C of what is written. */
  public int checksum() {
    return (int) checksum.getValue();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
