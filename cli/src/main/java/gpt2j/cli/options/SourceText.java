package gpt2j.cli.options;

import gpt2j.cli.io.UserError;
import gpt2j.model.gpt2.tokenizer.SpecialTokens;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import java.util.Optional;

/** A text that a command works on, or its tokens. */
public sealed interface SourceText {
  /** Where it comes from, for messages. */
  String label();

  boolean isEmpty();

  /**
   * Its tokens.
   *
   * @param special whether names of special tokens in a text stand for those tokens
   * @throws UserError when the vocabulary has no tokens for it
   */
  int[] tokens(Tokenizer tokenizer, boolean special);

  /** The name of a special token that is in the text, and may have been meant as a token. */
  default Optional<String> specialName(Tokenizer tokenizer) {
    return Optional.empty();
  }

  /** A text to encode. */
  record Text(String label, String text) implements SourceText {
    @Override
    public boolean isEmpty() {
      return text.isEmpty();
    }

    @Override
    public int[] tokens(Tokenizer tokenizer, boolean special) {
      try {
        return tokenizer.encode(text, special ? SpecialTokens.RECOGNIZED : SpecialTokens.AS_TEXT);
      } catch (TokenizerException e) {
        throw UserError.usage(label + ": " + e.getMessage());
      }
    }

    @Override
    public Optional<String> specialName(Tokenizer tokenizer) {
      return tokenizer.specialName(text);
    }
  }

  /** Tokens as they are. */
  record Tokens(String label, int... ids) implements SourceText {
    @Override
    public boolean isEmpty() {
      return ids.length == 0;
    }

    @Override
    public int[] tokens(Tokenizer tokenizer, boolean special) {
      return ids;
    }
  }
}
