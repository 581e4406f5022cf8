package gpt2j.hub.http;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** A request came to nothing. The message is to follow the name of what was asked for. */
public final class HttpFailure extends IOException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;
  private final boolean passing;
  private final boolean isConnection;

  @SuppressWarnings("serial") // a Duration is serializable, an Optional isn't
  private final Optional<Duration> wait;

  private HttpFailure(
      String message,
      int status,
      String code,
      boolean passing,
      boolean isConnection,
      Optional<Duration> wait,
      Throwable cause) {
    super(message, cause);
    this.status = status;
    this.code = code;
    this.passing = passing;
    this.isConnection = isConnection;
    this.wait = wait;
  }

  /** The server answered with an error. */
  static HttpFailure ofStatus(
      String message, int status, String code, boolean passing, Optional<Duration> wait) {
    return new HttpFailure(message, status, code, passing, false, wait, new Throwable(code));
  }

  /** There was no answer, or none to its end. */
  public static HttpFailure ofConnection(String message, Throwable cause) {
    return new HttpFailure(message, 0, "", true, true, Optional.empty(), cause);
  }

  /** It would be the same again. */
  public static HttpFailure lasting(String message) {
    return new HttpFailure(message, 0, "", false, false, Optional.empty(), new Throwable(message));
  }

  /** The status of the answer; 0 without one. */
  public int status() {
    return status;
  }

  /** The hub's own word for it, such as {@code RevisionNotFound}; empty when it said none. */
  public String code() {
    return code;
  }

  /** Whether the same request may succeed later. */
  public boolean isPassing() {
    return passing;
  }

  /** Whether the server can't be reached, or is ill. */
  public boolean isOutage() {
    return isConnection || status >= 500;
  }

  /** How long the server asks to wait. */
  public Optional<Duration> askedWait() {
    return wait;
  }
}
