package gpt2j.api;

import org.jspecify.annotations.Nullable;

/** The device can't be opened on this machine. */
public final class BackendUnavailableException extends BackendException {
  private static final long serialVersionUID = 1L;

  public BackendUnavailableException(String message) {
    this(message, null);
  }

  public BackendUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
