package gpt2j.model.gpt2.tokenizer;

/**
 * Turns bytes into text as they come. What isn't UTF-8 becomes U+FFFD, one for each maximal subpart
 * of a character (The Unicode Standard, section 3.9, "U+FFFD Substitution of Maximal Subparts"), as
 * in Rust, in Python and on the web. {@link java.nio.charset.CharsetDecoder} differs for encoded
 * surrogates, for which it writes one U+FFFD and not three.
 */
final class Utf8Decoder {
  private static final char REPLACEMENT = '\uFFFD';

  private final StringBuilder text;

  /** The bits of the character so far, and how many bytes it still lacks. */
  private int codePoint;

  private int missing;

  /** The range of the next byte; narrower than 0x80 to 0xBF after some first bytes. */
  private int lowest;

  private int highest;

  /** A decoder that appends to {@code text}. */
  Utf8Decoder(StringBuilder text) {
    this.text = text;
  }

  /** Appends the characters that {@code bytes} complete. */
  void append(byte[] bytes) {
    for (byte b : bytes) {
      append(b & 0xFF);
    }
  }

  /** Ends the text: a character that lacks bytes becomes U+FFFD. */
  void finish() {
    if (missing > 0) {
      missing = 0;
      text.append(REPLACEMENT);
    }
  }

  private void append(int value) {
    if (missing == 0) {
      start(value);
    } else if (value < lowest || value > highest) {
      finish();
      start(value);
    } else {
      codePoint = codePoint << 6 | value & 0x3F;
      lowest = 0x80;
      highest = 0xBF;
      if (--missing == 0) {
        text.appendCodePoint(codePoint);
      }
    }
  }

  private void start(int value) {
    if (value < 0x80) {
      text.append((char) value);
    } else if (value < 0xC2 || value > 0xF4) {
      text.append(REPLACEMENT);
    } else {
      missing = value < 0xE0 ? 1 : value < 0xF0 ? 2 : 3;
      codePoint = value & 0x3F >> missing;
      // Table 3-7 of the standard: no overlong forms, no surrogates, nothing past U+10FFFF.
      lowest = value == 0xE0 ? 0xA0 : value == 0xF0 ? 0x90 : 0x80;
      highest = value == 0xED ? 0x9F : value == 0xF4 ? 0x8F : 0xBF;
    }
  }
}
