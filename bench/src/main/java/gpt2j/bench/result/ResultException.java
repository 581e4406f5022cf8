package gpt2j.bench.result;

import org.jspecify.annotations.Nullable;

/** A file isn't the result of a benchmark. The message is one line that names it. */
public final class ResultException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ResultException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
