package gpt2j.cli;

import java.io.IOException;

/** Standard output doesn't take any more. */
final class OutputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OutputException(IOException cause) {
    super("standard output: " + cause.getMessage(), cause);
  }

  /** Whether the reader has gone, as {@code head} does: no error, there is just nothing to do. */
  boolean readerHasGone() {
    String message = getCause().getMessage();
    return message != null && message.contains("Broken pipe");
  }
}
