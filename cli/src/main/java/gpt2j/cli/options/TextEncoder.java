package gpt2j.cli.options;

import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.UserError;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.tokenizer.Tokenizer;

/**
 * Makes tokens of the text that a command works on.
 *
 * @param special whether names of special tokens in the text stand for those tokens
 */
public record TextEncoder(CommandContext context, SourceText source, boolean special) {
  /**
   * The tokens, all of them in the model's vocabulary.
   *
   * @throws UserError when one isn't
   */
  public int[] encode(Tokenizer tokenizer, Gpt2Config config) {
    int[] tokens = encode(tokenizer);
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] >= config.vocabularySize()) {
        throw UserError.usage(
            "%s: token %d at index %d is outside the model's vocabulary, 0 to %d"
                .formatted(source.label(), tokens[i], i, config.vocabularySize() - 1));
      }
    }
    return tokens;
  }

  /** The tokens, whatever model they are for. */
  public int[] encode(Tokenizer tokenizer) {
    if (!special) {
      source
          .specialName(tokenizer)
          .ifPresent(
              name ->
                  context.say(
                      "note: %s has %s, taken as text; --special makes it one token"
                          .formatted(source.label(), name)));
    }
    return source.tokens(tokenizer, special);
  }
}
