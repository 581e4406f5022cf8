package gpt2j.model.gpt2.tokenizer;

import gpt2j.model.gpt2.json.Json;
import org.jspecify.annotations.Nullable;

/**
 * A vocabulary that can't be read or isn't supported, a token id that no token has, or a text that
 * the vocabulary can't express. The message is one line; where a file is at fault it starts with
 * its name and the field.
 */
public final class TokenizerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TokenizerException(String message) {
    this(message, null);
  }

  TokenizerException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** {@code text}, which may be anything, in quotes and fit for a message of one line. */
  static String quote(String text) {
    return '"' + Json.printable(text) + '"';
  }
}
