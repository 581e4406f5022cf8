package gpt2j.cli.options;

import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.UserError;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.tokenizer.SpecialTokens;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.TypeConversionException;

/** A text that a command works on, or its tokens. */
public sealed interface SourceText {
  /** Where it comes from, for messages. */
  String label();

  boolean isEmpty();

  /**
   * Its tokens, whatever model they are for. Where the name of a special token is taken as text,
   * the user is told.
   *
   * @param special whether names of special tokens in a text stand for those tokens
   * @throws UserError when the vocabulary has no tokens for it
   */
  int[] tokens(CommandContext context, Tokenizer tokenizer, boolean special);

  /**
   * Its tokens, all of them in the model's vocabulary.
   *
   * @param special whether names of special tokens in a text stand for those tokens
   * @throws UserError when one isn't
   */
  default int[] tokens(
      CommandContext context, Tokenizer tokenizer, boolean special, Gpt2Config config) {
    int[] tokens = tokens(context, tokenizer, special);
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] >= config.vocabularySize()) {
        throw UserError.usage(
            "%s: token %d at index %d is outside the model's vocabulary, 0 to %d"
                .formatted(label(), tokens[i], i, config.vocabularySize() - 1));
      }
    }
    return tokens;
  }

  /** A text to encode. */
  record Text(String label, String text) implements SourceText {
    @Override
    public boolean isEmpty() {
      return text.isEmpty();
    }

    @Override
    public int[] tokens(CommandContext context, Tokenizer tokenizer, boolean special) {
      if (!special) {
        tokenizer
            .specialName(text)
            .ifPresent(
                name ->
                    context.say(
                        "note: %s has %s, taken as text; --special makes it one token"
                            .formatted(label, name)));
      }
      try {
        return tokenizer.encode(text, special ? SpecialTokens.RECOGNIZED : SpecialTokens.AS_TEXT);
      } catch (TokenizerException e) {
        throw UserError.usage(label + ": " + e.getMessage());
      }
    }
  }

  /** Tokens as they are: on the command line numbers with commas or blanks between them. */
  record Tokens(String label, int... ids) implements SourceText {
    /**
     * Reads tokens.
     *
     * @param label where they come from, for messages
     */
    static Tokens parse(String label, String text) {
      String trimmed = text.strip();
      if (trimmed.isEmpty()) {
        throw UserError.usage(label + ": has no token ids; give some, as in 15496,995");
      }
      String[] parts = trimmed.split("\\s*,\\s*|\\s+", -1);
      int[] ids = new int[parts.length];
      for (int i = 0; i < ids.length; i++) {
        try {
          ids[i] =
              (int) Quantity.whole(parts[i], 0, Integer.MAX_VALUE, "a whole number, 0 or more");
        } catch (TypeConversionException e) {
          throw UserError.usage("%s: token id at index %d %s".formatted(label, i, e.getMessage()));
        }
      }
      return new Tokens(label, ids);
    }

    /** Writes tokens so that they can be read again. */
    public static String format(int... ids) {
      return Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(","));
    }

    /** Which there are. */
    Set<Integer> set() {
      return Arrays.stream(ids).boxed().collect(Collectors.toSet());
    }

    @Override
    public boolean isEmpty() {
      return ids.length == 0;
    }

    @Override
    public int[] tokens(CommandContext context, Tokenizer tokenizer, boolean special) {
      return ids;
    }
  }
}
