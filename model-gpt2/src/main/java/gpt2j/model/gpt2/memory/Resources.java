package gpt2j.model.gpt2.memory;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Things to close together, last opened first. Closing twice does nothing. */
public final class Resources implements AutoCloseable {
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  /** Adds one and returns it. */
  public <T extends AutoCloseable> T add(T resource) {
    open.push(resource);
    return resource;
  }

  /** Closes all, whichever of them fail; then throws the first failure. */
  @Override
  public void close() {
    RuntimeException failure = null;
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        failure = chain(failure, e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Closes all after {@code cause}, which stays the failure to report. */
  public void closeAfter(Throwable cause) {
    try {
      close();
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  private static RuntimeException chain(@Nullable RuntimeException first, Exception next) {
    if (first != null) {
      first.addSuppressed(next);
      return first;
    }
    return next instanceof RuntimeException e ? e : new IllegalStateException(next);
  }
}
