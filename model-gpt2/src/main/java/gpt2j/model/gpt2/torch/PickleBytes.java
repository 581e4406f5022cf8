package gpt2j.model.gpt2.torch;

import static java.nio.charset.StandardCharsets.US_ASCII;

import gpt2j.model.gpt2.format.FileCursor;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The bytes of a pickle, one after another: numbers, texts, lines. Where they end, {@link
 * BufferUnderflowException} is thrown, and nothing is made room for that isn't there.
 */
final class PickleBytes {
  private final ByteBuffer in;

  PickleBytes(byte... pickle) {
    in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** How many there are in all. */
  int size() {
    return in.capacity();
  }

  /** How many were read. */
  int position() {
    return in.position();
  }

  int oneByte() {
    return in.get() & 0xFF;
  }

  int twoBytes() {
    return in.getShort() & 0xFFFF;
  }

  int intNumber() {
    return in.getInt();
  }

  /** A float64, which is big-endian. */
  double real() {
    return Double.longBitsToDouble(Long.reverseBytes(in.getLong()));
  }

  /** How many bytes follow, as eight bytes say. */
  int wideCount() {
    long count = in.getLong();
    if (count < 0 || count > Integer.MAX_VALUE) {
      throw new BufferUnderflowException();
    }
    return (int) count;
  }

  void skip(int count) {
    require(count);
    in.position(in.position() + count);
  }

  private void require(int count) {
    if (count < 0 || count > in.remaining()) {
      throw new BufferUnderflowException();
    }
  }

  byte[] bytes(int count) {
    require(count);
    byte[] bytes = new byte[count];
    in.get(bytes);
    return bytes;
  }

  /** So many bytes, which must be UTF-8. */
  String text(int count) {
    return FileCursor.utf8(bytes(count), "a text in data.pkl");
  }

  /** What is before the next line feed. */
  String line() {
    int begin = in.position();
    while (in.get() != '\n') {}
    return new String(in.array(), begin, in.position() - 1 - begin, US_ASCII);
  }
}
