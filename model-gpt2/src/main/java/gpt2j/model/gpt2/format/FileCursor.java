package gpt2j.model.gpt2.format;

import gpt2j.model.gpt2.files.PositionedFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads a file's header from the beginning on, little-endian. What is asked for must be there:
 * memory is taken in proportion to bytes that are, never to what they claim.
 */
public final class FileCursor {
  private static final int ROOM = 1 << 16;

  private final PositionedFile file;
  private final byte[] room = new byte[ROOM];
  private final ByteBuffer buffer = ByteBuffer.wrap(room).order(ByteOrder.LITTLE_ENDIAN);
  private long end; // of what is in the buffer, in the file

  public FileCursor(PositionedFile file) {
    this.file = file;
    buffer.limit(0);
  }

  /** The byte that is read next. */
  public long position() {
    return end - buffer.remaining();
  }

  /** Bytes from there to the end of the file. */
  public long remaining() {
    return file.size() - position();
  }

  /**
   * A byte, 0 to 255.
   *
   * @param what names it in messages, as in all of these
   * @throws FormatException when the file has ended, as all of these do
   */
  public int unsignedByte(String what) throws IOException {
    need(1, what);
    return buffer.get() & 0xFF;
  }

  public short shortNumber(String what) throws IOException {
    need(Short.BYTES, what);
    return buffer.getShort();
  }

  public int intNumber(String what) throws IOException {
    need(Integer.BYTES, what);
    return buffer.getInt();
  }

  public long longNumber(String what) throws IOException {
    need(Long.BYTES, what);
    return buffer.getLong();
  }

  /**
   * A count of things that follow and take at least so many bytes each.
   *
   * @throws FormatException when there is no room for them
   */
  public long count(long leastBytes, String what) throws IOException {
    long count = longNumber(what);
    if (count < 0 || count > remaining() / leastBytes) {
      throw new FormatException(
          "is cut off or damaged: %s is %s, more than its other %d bytes have room for"
              .formatted(what, Long.toUnsignedString(count), remaining()));
    }
    return count;
  }

  /** That many bytes. */
  public byte[] bytes(long count, String what) throws IOException {
    if (count < 0 || count > Math.min(remaining(), Integer.MAX_VALUE - Long.BYTES)) {
      throw cutOff(count, what);
    }
    byte[] bytes = new byte[(int) count];
    int buffered = Math.min(bytes.length, buffer.remaining());
    buffer.get(bytes, 0, buffered);
    if (buffered < bytes.length) {
      MemorySegment rest = MemorySegment.ofArray(bytes).asSlice(buffered);
      file.read(end, rest);
      end += rest.byteSize();
    }
    return bytes;
  }

  /** That many bytes as text, which must be UTF-8. */
  public String text(long count, String what) throws IOException {
    return utf8(bytes(count, what), what);
  }

  /**
   * Bytes as text.
   *
   * @throws FormatException when they aren't UTF-8
   */
  public static String utf8(byte[] bytes, String what) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new FormatException("is damaged: %s is not UTF-8".formatted(what));
    }
  }

  /** Passes over bytes. */
  public void skip(long count, String what) throws IOException {
    if (count < 0 || count > remaining()) {
      throw cutOff(count, what);
    }
    if (count <= buffer.remaining()) {
      buffer.position(buffer.position() + (int) count);
    } else {
      end = position() + count;
      buffer.limit(0).position(0);
    }
  }

  private void need(int count, String what) throws IOException {
    if (buffer.remaining() >= count) {
      return;
    }
    if (remaining() < count) {
      throw cutOff(count, what);
    }
    long position = position();
    int filled = (int) Math.min(ROOM, file.size() - position);
    file.read(position, MemorySegment.ofArray(room).asSlice(0, filled));
    buffer.position(0).limit(filled);
    end = position + filled;
  }

  private FormatException cutOff(long count, String what) {
    return new FormatException(
        "is cut off or damaged: %s would be %s bytes at %d, but the file ends at %d"
            .formatted(what, Long.toUnsignedString(count), position(), file.size()));
  }
}
