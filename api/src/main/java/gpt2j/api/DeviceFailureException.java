package gpt2j.api;

import org.jspecify.annotations.Nullable;

/** The device or its driver reported an error in the middle of the work. */
public final class DeviceFailureException extends BackendException {
  private static final long serialVersionUID = 1L;

  public DeviceFailureException(String message) {
    this(message, null);
  }

  public DeviceFailureException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
