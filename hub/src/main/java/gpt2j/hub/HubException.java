package gpt2j.hub;

/**
 * A model of the hub can't be had. The message is one line that names the model, or the variable of
 * the environment, and says what to do; it never has the token.
 */
public final class HubException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean isOutage;

  HubException(String message) {
    super(message);
    isOutage = false;
  }

  HubException(String message, Throwable cause) {
    this(message, cause, false);
  }

  HubException(String message, Throwable cause, boolean isOutage) {
    super(message, cause);
    this.isOutage = isOutage;
  }

  /** Whether the hub can't be reached, or is ill, so that the same may work later. */
  public boolean isOutage() {
    return isOutage;
  }
}
