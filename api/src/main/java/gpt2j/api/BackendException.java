package gpt2j.api;

import org.jspecify.annotations.Nullable;

/** What can go wrong in a backend through no fault of the caller. The message is one line. */
public abstract sealed class BackendException extends RuntimeException
    permits BackendUnavailableException,
        OutOfMemoryException,
        UnsupportedException,
        DeviceFailureException {
  private static final long serialVersionUID = 1L;

  BackendException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
