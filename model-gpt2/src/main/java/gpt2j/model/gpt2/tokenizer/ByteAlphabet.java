package gpt2j.model.gpt2.tokenizer;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The characters that stand for bytes in GPT-2's vocabulary files ({@code bytes_to_unicode} in
 * OpenAI's encoder): the printable bytes of Latin-1 stand for themselves, the other 68, in order,
 * are written as U+0100 and on. A space is {@code Ġ}, a line feed {@code Ċ}.
 */
final class ByteAlphabet {
  private static final int FIRST_SUBSTITUTE = 0x100;

  private static final char[] CHARACTERS = new char[256];
  private static final short[] BYTES = new short[FIRST_SUBSTITUTE + 68];

  static {
    Arrays.fill(BYTES, (short) -1);
    char substitute = FIRST_SUBSTITUTE;
    for (int b = 0; b < 256; b++) {
      boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xFF && b != 0xAD;
      CHARACTERS[b] = printable ? (char) b : substitute++;
      BYTES[CHARACTERS[b]] = (short) b;
    }
  }

  private ByteAlphabet() {}

  /** The character for a byte, 0 to 255. */
  static char character(int value) {
    return CHARACTERS[value];
  }

  /** The characters of all bytes, as strings, in the order of GPT-2's ids: by character. */
  static List<String> inOrder() {
    char[] sorted = CHARACTERS.clone();
    Arrays.sort(sorted);
    return new String(sorted).chars().mapToObj(Character::toString).toList();
  }

  /** The token that spells {@code bytes}. */
  static String spell(byte... bytes) {
    StringBuilder token = new StringBuilder(bytes.length);
    for (byte b : bytes) {
      token.append(CHARACTERS[b & 0xFF]);
    }
    return token.toString();
  }

  /** The bytes that {@code token} spells, or null when a character of it stands for no byte. */
  static byte @Nullable [] bytes(String token) {
    byte[] bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      char c = token.charAt(i);
      if (c >= BYTES.length || BYTES[c] < 0) {
        return null;
      }
      bytes[i] = (byte) BYTES[c];
    }
    return bytes;
  }
}
