package gpt2j.api;

import org.jspecify.annotations.Nullable;

/** The backend does not do what was asked, and does not pretend to. */
public final class UnsupportedException extends BackendException {
  private static final long serialVersionUID = 1L;

  public UnsupportedException(String message) {
    this(message, null);
  }

  public UnsupportedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
