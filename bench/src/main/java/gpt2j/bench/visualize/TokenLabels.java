package gpt2j.bench.visualize;

import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import java.awt.Font;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Texts that stand for tokens in pictures: short, in one line, with spaces that can be seen. */
final class TokenLabels {
  private static final int LONGEST = 14;
  private static final char OPEN_BOX = '␣';

  /** What the signs in a label mean. */
  static final String SIGNS = space() + " is a space, \\n a line's end, … what was cut off.";

  private static final char CUT = '…';

  private final Tokenizer tokenizer;
  private final Font font = new Font(Font.SANS_SERIF, Font.PLAIN, Ink.SMALL);

  TokenLabels(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** A sign that no token of punctuation looks like, where there is a font that has it. */
  private static char space() {
    return new Font(Font.SANS_SERIF, Font.PLAIN, Ink.SMALL).canDisplay(OPEN_BOX) ? OPEN_BOX : '_';
  }

  KvTrace.Token of(int token) {
    return new KvTrace.Token(token, text(token));
  }

  private String text(int token) {
    byte[] bytes;
    try {
      bytes = tokenizer.bytes(token);
    } catch (TokenizerException e) {
      return "#" + token; // a padded vocabulary's
    }
    try {
      return visible(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) { // part of a character
      return "0x" + HexFormat.of().withUpperCase().formatHex(bytes);
    }
  }

  private String visible(String text) {
    StringBuilder label = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case ' ' -> label.append(space());
                case '\n' -> label.append("\\n");
                case '\t' -> label.append("\\t");
                default -> {
                  if (Character.isISOControl(c) || !font.canDisplay(c)) {
                    label.append("U+%04X".formatted(c));
                  } else {
                    label.appendCodePoint(c);
                  }
                }
              }
            });
    if (label.codePointCount(0, label.length()) > LONGEST) {
      label.setLength(label.offsetByCodePoints(0, LONGEST - 1));
      label.append(CUT);
    }
    return label.toString();
  }
}
