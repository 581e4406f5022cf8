package gpt2j.model.gpt2.data;

import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Goes through the bytes that tokens stand for, whatever their vocabulary. */
final class TokenBytes {
  /** What ends a text, in place of a byte. */
  static final int END_OF_TEXT = 256;

  private static final byte[] NOTHING = {};

  private final TokenSequence tokens;
  private final byte @Nullable [][] spelled;
  private final int endOfText;
  private final Tokenizer tokenizer;
  private final LongConsumer progress;
  private final int[] buffer = new int[1024];
  private long read;
  private int buffered;
  private int next;
  private byte[] bytes = NOTHING;
  private int at;
  private int symbol;

  TokenBytes(Tokenizer tokenizer, TokenSequence tokens) {
    this(tokenizer, tokens, _ -> {});
  }

  /**
   * Of a sequence.
   *
   * @param progress is told now and then how many tokens were read
   */
  TokenBytes(Tokenizer tokenizer, TokenSequence tokens, LongConsumer progress) {
    this.progress = progress;
    this.tokenizer = tokenizer;
    this.tokens = tokens;
    spelled = new byte @Nullable [tokenizer.vocabularySize()][];
    endOfText = tokenizer.endOfText().orElse(-1);
  }

  /** Goes on to the next byte; false when there is none. */
  boolean advance() {
    while (at == bytes.length) {
      if (next == buffered) {
        buffered = (int) Math.min(buffer.length, tokens.size() - read);
        if (buffered == 0) {
          return false;
        }
        tokens.read(read, buffer, 0, buffered);
        read += buffered;
        progress.accept(read);
        next = 0;
      }
      int token = buffer[next++];
      if (token == endOfText) {
        symbol = END_OF_TEXT;
        return true;
      }
      bytes = spelling(token);
      at = 0;
    }
    symbol = bytes[at++] & 0xFF;
    return true;
  }

  /** The byte, 0 to 255, or {@link #END_OF_TEXT}. */
  int symbol() {
    return symbol;
  }

  private byte[] spelling(int token) {
    byte[] known = spelled[token];
    if (known == null) {
      known = tokenizer.bytes(token);
      spelled[token] = known;
    }
    return known;
  }
}
