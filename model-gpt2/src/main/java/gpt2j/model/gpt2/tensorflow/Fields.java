package gpt2j.model.gpt2.tensorflow;

import gpt2j.model.gpt2.format.FormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads a message of Protocol Buffers field by field (<a
 * href="https://protobuf.dev/programming-guides/encoding/">its encoding</a>), and LevelDB's
 * numbers, which are encoded alike.
 */
final class Fields {
  private static final int VARINT = 0;
  private static final int I64 = 1;
  private static final int LENGTH = 2;
  private static final int I32 = 5;
  private static final int MOST_VARINT_BYTES = 10;

  private final String what;
  private final ByteBuffer in;
  private int wire;

  /**
   * Reads from the buffer's position to its limit.
   *
   * @param what names it in messages
   */
  Fields(String what, ByteBuffer in) {
    this.what = what;
    this.in = in.slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  boolean hasNext() {
    return in.hasRemaining();
  }

  /** The number of the next field. */
  int next() {
    long tag = varint();
    wire = (int) (tag & 7);
    if (tag >>> 3 == 0 || tag >>> 3 > Integer.MAX_VALUE) {
      throw damaged();
    }
    return (int) (tag >>> 3);
  }

  /** The field as an integer. */
  long number() {
    return switch (wire) {
      case VARINT -> varint();
      case I32 -> need(Integer.BYTES).getInt();
      default -> throw damaged();
    };
  }

  /** The field as a message. */
  Fields message() {
    if (wire != LENGTH) {
      throw damaged();
    }
    return new Fields(what, bytes(varint()));
  }

  void skip() {
    switch (wire) {
      case VARINT -> varint();
      case I64 -> need(Long.BYTES).getLong();
      case I32 -> need(Integer.BYTES).getInt();
      case LENGTH -> bytes(varint());
      default -> throw damaged();
    }
  }

  /** A number in groups of seven bits, the lowest first. */
  long varint() {
    long value = 0;
    for (int i = 0; i < MOST_VARINT_BYTES; i++) {
      int octet = need(1).get();
      value |= (long) (octet & 0x7F) << 7 * i;
      if (octet >= 0) {
        return value;
      }
    }
    throw damaged();
  }

  /** That many bytes. */
  ByteBuffer bytes(long count) {
    if (count < 0 || count > in.remaining()) {
      throw damaged();
    }
    ByteBuffer bytes = in.slice(in.position(), (int) count);
    in.position(in.position() + (int) count);
    return bytes;
  }

  private ByteBuffer need(int count) {
    if (in.remaining() < count) {
      throw damaged();
    }
    return in;
  }

  FormatException damaged() {
    return new FormatException("is damaged: %s can't be read".formatted(what));
  }
}
