package gpt2j.model.gpt2.data;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/** Writes tokens to a file, and counts what they are of. */
public final class ShardWriter implements AutoCloseable {
  private static final int TOKENS = 1 << 15;

  private final OutputStream out;
  private final TokenType type;
  private final byte[] buffer;
  private final MemorySegment segment;
  private final CRC32C checksum = new CRC32C();
  private int buffered;
  private long written;
  private long documents;
  private long textBytes;

  public ShardWriter(Path file, TokenType type) throws IOException {
    this.type = type;
    buffer = new byte[TOKENS * type.bytes()];
    segment = MemorySegment.ofArray(buffer);
    out = Files.newOutputStream(file);
  }

  /**
   * Appends text that became tokens.
   *
   * @param bytes of the text
   * @param ends how many documents end in it
   */
  public void write(int[] tokens, long bytes, int ends) throws IOException {
    textBytes += bytes;
    documents += ends;
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

  /** Writes what is left, and says what there is. */
  public DataDescription.Part finish() throws IOException {
    flush();
    String crc32c = HexFormat.of().toHexDigits((int) checksum.getValue());
    return new DataDescription.Part(documents, textBytes, written, crc32c);
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
