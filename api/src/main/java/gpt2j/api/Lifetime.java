package gpt2j.api;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The time from opening to closing of something that holds memory of a backend. Whoever uses it
 * afterwards is told that it is closed. What its user forgets to close the garbage collector gives
 * back, some time after nothing leads to it any more; the log says so, once for each backend and
 * kind of thing.
 */
public final class Lifetime {
  private final String what;
  private final Consumer<String> whenForgotten;
  private final AtomicBoolean open = new AtomicBoolean(true);
  private final Cleaner.Cleanable cleanable;

  /**
   * Begins with the handle's. For backends, which give it to those who ask for one.
   *
   * @param cleaner that notices when nothing leads to the handle
   * @param what the kind of thing, such as {@code session}
   * @param whenForgotten told the kind; it must not lead to the handle
   */
  public Lifetime(Cleaner cleaner, Object handle, String what, Consumer<String> whenForgotten) {
    this.what = what;
    this.whenForgotten = whenForgotten;
    cleanable = cleaner.register(handle, this::collected);
  }

  private void collected() {
    if (open.getAndSet(false)) {
      whenForgotten.accept(what);
    }
  }

  /** Whether it hasn't ended. */
  public boolean isOpen() {
    return open.get();
  }

  /**
   * Does nothing while it lasts.
   *
   * @throws IllegalStateException after the end
   */
  public void requireOpen() {
    if (!isOpen()) {
      throw new IllegalStateException("the " + what + " is closed");
    }
  }

  /** Ends it; false if it had ended before. */
  public boolean end() {
    boolean first = open.getAndSet(false);
    cleanable.clean();
    return first;
  }
}
