package gpt2j.model.gpt2.tokenizer;

/** What {@link Tokenizer#encode(String, SpecialTokens)} makes of special tokens in a text. */
public enum SpecialTokens {
  /**
   * They are text like any other: {@code <|endoftext|>} becomes the tokens of its letters. The safe
   * choice for text of unknown origin, which can't end or restructure the input this way.
   */
  AS_TEXT,

  /** Each is recognised and becomes the one token it names. */
  RECOGNIZED
}
