package gpt2j.model.gpt2.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Locale;

/** How tokens are stored: unsigned, little-endian. */
public enum TokenType {
  /** Two bytes each, as nanoGPT stores them. */
  UINT16(Short.BYTES, 0xFFFF),

  /** Four bytes each. */
  UINT32(Integer.BYTES, Integer.MAX_VALUE);

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int bytes;
  private final int largest;

  TokenType(int bytes, int largest) {
    this.bytes = bytes;
    this.largest = largest;
  }

  /** The smallest type for a vocabulary. */
  public static TokenType of(int vocabularySize) {
    return vocabularySize - 1 <= UINT16.largest ? UINT16 : UINT32;
  }

  /** Bytes of a token. */
  int bytes() {
    return bytes;
  }

  /** As {@code data.json} has it. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Token {@code index}; negative when four bytes hold more than an int does. */
  int get(MemorySegment tokens, long index) {
    return switch (this) {
      case UINT16 -> tokens.get(SHORT, index * Short.BYTES) & 0xFFFF;
      case UINT32 -> tokens.get(INT, index * Integer.BYTES);
    };
  }

  void set(MemorySegment tokens, long index, int token) {
    switch (this) {
      case UINT16 -> tokens.set(SHORT, index * Short.BYTES, (short) token);
      case UINT32 -> tokens.set(INT, index * Integer.BYTES, token);
    }
  }
}
