package gpt2j.cli.io;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** The user's wish to end early. */
public final class Interruption {
  /** How long most commands may take to come to their end. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private boolean requested;
  private @Nullable Runnable onRequest;
  private Duration patience = Duration.ZERO;

  /** Ends a section that {@link #during} began. */
  public interface Section extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Asks for an end.
   *
   * @return how long to wait for what is under way, and ends by itself; zero when nothing does
   */
  public synchronized Duration request() {
    requested = true;
    if (onRequest == null) {
      return Duration.ZERO;
    }
    onRequest.run();
    return patience;
  }

  public synchronized boolean requested() {
    return requested;
  }

  /**
   * Returns unless an end was asked for.
   *
   * @throws CancellationException when it was
   */
  public void check() {
    if (requested()) {
      throw new CancellationException();
    }
  }

  /**
   * Begins a section that ends soon, in an orderly way.
   *
   * @param action makes it end, called by another thread at most once per request
   */
  public Section during(Runnable action) {
    return during(action, PATIENCE);
  }

  /**
   * The same.
   *
   * @param longest how long it may take to come to its end
   */
  public synchronized Section during(Runnable action, Duration longest) {
    onRequest = action;
    patience = longest;
    if (requested) {
      action.run();
    }
    return this::leave;
  }

  private synchronized void leave() {
    onRequest = null;
  }
}
