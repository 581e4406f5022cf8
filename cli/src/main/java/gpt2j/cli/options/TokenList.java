package gpt2j.cli.options;

import gpt2j.cli.io.UserError;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.TypeConversionException;

/** Tokens as they are written on the command line: numbers with commas or blanks between them. */
public final class TokenList {
  private TokenList() {}

  /**
   * Reads tokens.
   *
   * @param label where they come from, for messages
   */
  static int[] parse(String label, String text) {
    String trimmed = text.strip();
    if (trimmed.isEmpty()) {
      throw UserError.usage(label + ": has no token ids; give some, as in 15496,995");
    }
    String[] parts = trimmed.split("\\s*,\\s*|\\s+", -1);
    int[] ids = new int[parts.length];
    for (int i = 0; i < ids.length; i++) {
      try {
        ids[i] = (int) Numbers.whole(parts[i], 0, Integer.MAX_VALUE, "a whole number, 0 or more");
      } catch (TypeConversionException e) {
        throw UserError.usage("%s: token id at index %d %s".formatted(label, i, e.getMessage()));
      }
    }
    return ids;
  }

  /** Writes tokens so that they can be read again. */
  public static String format(int... ids) {
    return Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(","));
  }
}
