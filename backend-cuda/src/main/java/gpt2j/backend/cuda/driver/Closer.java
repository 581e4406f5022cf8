package gpt2j.backend.cuda.driver;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** What was acquired, given back in reverse order whatever fails on the way. */
public final class Closer implements AutoCloseable {
  private final Deque<AutoCloseable> acquired = new ArrayDeque<>();

  /** Adds something and returns it. */
  public <T extends AutoCloseable> T add(T resource) {
    acquired.push(resource);
    return resource;
  }

  /** Gives all back; then throws the first failure, the others suppressed in it. */
  @Override
  public void close() {
    RuntimeException first = null;
    while (!acquired.isEmpty()) {
      try {
        acquired.pop().close();
      } catch (Exception e) {
        first = joined(first, e);
      }
    }
    if (first != null) {
      throw first;
    }
  }

  /** Gives all back because of {@code cause}, which stays the failure to report. */
  public void closeAfter(Throwable cause) {
    try {
      close();
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  private static RuntimeException joined(@Nullable RuntimeException first, Exception next) {
    if (first != null) {
      first.addSuppressed(next);
      return first;
    }
    return next instanceof RuntimeException e ? e : new IllegalStateException(next);
  }
}
