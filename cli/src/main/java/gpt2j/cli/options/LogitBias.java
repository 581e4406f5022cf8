package gpt2j.cli.options;

import gpt2j.cli.io.OneLine;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * What is added to the logits of some tokens.
 *
 * @param byToken at least one
 */
record LogitBias(Map<Integer, Float> byToken) {
  /** Puts a token's bias beside those of others. */
  static void add(Map<Integer, Float> all, int token, float bias) {
    if (all.put(token, bias) != null) {
      throw new TypeConversionException("names token %d twice".formatted(token));
    }
  }

  /** Reads tokens with their biases, with commas between them. */
  static final class Converter implements ITypeConverter<LogitBias> {
    private static final Quantity.CountOrZero TOKEN = new Quantity.CountOrZero();
    private static final Quantity.Signed BIAS = new Quantity.Signed();

    @Override
    public LogitBias convert(String text) {
      Map<Integer, Float> all = new LinkedHashMap<>();
      for (String part : text.split(",", -1)) {
        String[] pair = part.split("=", -1);
        if (pair.length != 2) {
          throw new TypeConversionException(
              "must be token ids with numbers, as in 464=2.5,262=-100, not " + OneLine.quote(text));
        }
        int token = readToken(pair[0]);
        add(all, token, read("the bias of token " + token, BIAS, pair[1]));
      }
      return new LogitBias(all);
    }

    /** Who gives a word has to be told where its ids come from. */
    private static int readToken(String text) {
      try {
        return read("a token id", TOKEN, text);
      } catch (TypeConversionException e) {
        throw text.chars().noneMatch(Character::isLetter)
            ? e
            : new TypeConversionException(
                e.getMessage() + "; bin/cli tokenize TEXT tells the ids of a text");
      }
    }

    private static <T> T read(String what, ITypeConverter<T> converter, String text) {
      try {
        return converter.convert(text.strip());
      } catch (TypeConversionException e) {
        throw new TypeConversionException(what + " " + e.getMessage());
      } catch (Exception e) {
        throw new IllegalStateException(e); // ours throw nothing else
      }
    }
  }
}
