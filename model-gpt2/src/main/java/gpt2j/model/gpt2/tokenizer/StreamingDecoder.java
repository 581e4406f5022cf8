package gpt2j.model.gpt2.tokenizer;

/**
 * Decodes tokens one by one. A token may end inside a character; its text then waits for the tokens
 * that complete it, so that what comes out is always whole characters. All that came out, put
 * together, is what {@link Tokenizer#decode(int...)} gives for all the tokens.
 *
 * <p>For one thread at a time.
 */
public final class StreamingDecoder {
  private final Tokenizer tokenizer;
  private final StringBuilder text = new StringBuilder();
  private final Utf8Decoder utf8 = new Utf8Decoder(text);

  StreamingDecoder(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /**
   * The text that {@code token} completes; empty when it ends inside the character it is part of.
   *
   * @throws TokenizerException when no token has this id; the decoder stays as it was
   */
  public String push(int token) {
    utf8.append(tokenizer.tokenBytes(token));
    return take();
  }

  /**
   * Ends the text: U+FFFD for a character that was left incomplete, else nothing. The decoder is
   * then ready for another text.
   */
  public String finish() {
    utf8.finish();
    return take();
  }

  private String take() {
    String complete = text.toString();
    text.setLength(0);
    return complete;
  }
}
