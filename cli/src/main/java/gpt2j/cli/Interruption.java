package gpt2j.cli;

import org.jspecify.annotations.Nullable;

/** The user's wish to end early. */
final class Interruption {
  private boolean requested;
  private @Nullable Runnable onRequest;

  /** Ends a section that {@link #during} began. */
  interface Section extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Asks for an end.
   *
   * @return whether there is something under way that ends by itself soon, and should be waited for
   */
  synchronized boolean request() {
    requested = true;
    if (onRequest == null) {
      return false;
    }
    onRequest.run();
    return true;
  }

  synchronized boolean requested() {
    return requested;
  }

  /**
   * Begins a section that ends in an orderly way.
   *
   * @param action makes it end, called by another thread at most once per request
   */
  synchronized Section during(Runnable action) {
    onRequest = action;
    if (requested) {
      action.run();
    }
    return this::leave;
  }

  private synchronized void leave() {
    onRequest = null;
  }
}
