package gpt2j.model.gpt2.data;

import org.jspecify.annotations.Nullable;

/**
 * Text or tokens can't be read, written or used. The message is one line that names the file, and
 * the line in it where there is one.
 */
public final class DataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DataException(String message) {
    this(message, null);
  }

  public DataException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
