package gpt2j.cli.io;

import java.io.IOException;

/** Standard output doesn't take any more. */
public final class OutputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public OutputException(IOException cause) {
    super("standard output: " + cause.getMessage(), cause);
  }

  /** Whether the reader has gone, as {@code head} does: no error, there is just nothing to do. */
  public boolean readerHasGone() {
    String message = getCause().getMessage();
    return message != null && message.contains("Broken pipe");
  }
}
