package gpt2j.model.gpt2.memory;

import gpt2j.api.Backend;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;

/**
 * Does work that must not mix with another thread's, holding the backend's lock.
 *
 * <p>Long work is done a piece at a time, so that others get their turn in between, and so that it
 * ends soon when its thread is interrupted.
 */
public final class Locked {
  private Locked() {}

  /** Does what must be done even when the thread is interrupted, such as closing. */
  public static void run(Backend backend, Runnable work) {
    get(
        backend,
        () -> {
          work.run();
          return backend;
        });
  }

  /** The same with a result. */
  public static <T> T get(Backend backend, Supplier<T> work) {
    backend.lock().lock();
    try {
      return work.get();
    } finally {
      backend.lock().unlock();
    }
  }

  /**
   * Does a piece of work.
   *
   * @throws CancellationException when the thread is interrupted before it has the lock; it stays
   *     interrupted
   */
  public static void runPiece(Backend backend, Runnable work) {
    getPiece(
        backend,
        () -> {
          work.run();
          return backend;
        });
  }

  /** The same with a result. */
  public static <T> T getPiece(Backend backend, Supplier<T> work) {
    begin(backend);
    try {
      return work.get();
    } finally {
      backend.lock().unlock();
    }
  }

  /** Takes the lock for a piece of work, as {@link #runPiece} does. */
  public static void begin(Backend backend) {
    try {
      backend.lock().lockInterruptibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("the thread was interrupted");
    }
  }
}
