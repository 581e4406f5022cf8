package gpt2j.model.gpt2.tensorflow;

import gpt2j.model.gpt2.format.FormatException;
import java.nio.ByteBuffer;

/**
 * Unpacks a block that was compressed with Snappy (<a
 * href="https://github.com/google/snappy/blob/main/format_description.txt">its format</a>).
 */
final class Snappy {
  /** What a block of a table may become; they have some kilobytes. */
  private static final int MOST_BYTES = 64 << 20;

  /** A copy of 64 bytes takes three: nothing becomes larger than by this. */
  private static final int MOST_TIMES = 32;

  private final ByteBuffer in;
  private final byte[] out;
  private int filled;

  private Snappy(ByteBuffer in, int size) {
    this.in = in;
    out = new byte[size];
  }

  /**
   * The content of a block.
   *
   * @throws FormatException when it is damaged
   */
  static byte[] unpack(String what, ByteBuffer block) {
    Fields fields = new Fields(what, block);
    long size = fields.varint();
    if (size < 0 || size > MOST_BYTES || size > (long) MOST_TIMES * block.remaining()) {
      throw fields.damaged();
    }
    Snappy snappy = new Snappy(rest(block), (int) size);
    if (!snappy.run()) {
      throw fields.damaged();
    }
    return snappy.out;
  }

  /** What is behind the size. */
  private static ByteBuffer rest(ByteBuffer block) {
    ByteBuffer rest = block.slice();
    while (rest.get() < 0) {}
    return rest;
  }

  private boolean run() {
    while (in.hasRemaining()) {
      int tag = in.get() & 0xFF;
      boolean done =
          switch (tag & 3) {
            case 0 -> literal(tag >> 2);
            case 1 ->
                in.hasRemaining() && copy(4 + (tag >> 2 & 7), tag >> 5 << 8 | in.get() & 0xFF);
            case 2 -> in.remaining() >= 2 && copy(1 + (tag >> 2), number(2));
            default -> in.remaining() >= 4 && copy(1 + (tag >> 2), number(4));
          };
      if (!done) {
        return false;
      }
    }
    return filled == out.length;
  }

  private int number(int bytes) {
    int value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (in.get() & 0xFF) << 8 * i;
    }
    return value;
  }

  /** Up to 60 bytes say so themselves; else one to four bytes say how many. */
  private boolean literal(int code) {
    int wide = code - 59;
    if (wide > in.remaining()) {
      return false;
    }
    int less = wide > 0 ? number(wide) : code;
    if (less < 0 || less >= in.remaining() || less >= out.length - filled) {
      return false;
    }
    in.get(out, filled, less + 1);
    filled += less + 1;
    return true;
  }

  /** What is copied may reach into what it becomes. */
  private boolean copy(int count, int back) {
    if (back <= 0 || back > filled || count > out.length - filled) {
      return false;
    }
    for (int i = 0; i < count; i++) {
      out[filled] = out[filled - back];
      filled++;
    }
    return true;
  }
}
