package gpt2j.spi;

import gpt2j.api.Backend;
import gpt2j.api.Lifetime;
import java.util.concurrent.locks.Lock;

/**
 * A backend's own part, which a {@link CheckedBackend} makes a backend of: it has one caller at a
 * time, gets arguments that fit and none but its own handles, all of them open, and isn't called
 * after closing. Its handles may be cast to its own types; each is closed once at most.
 *
 * <p>The exceptions are what answers without the lock, on any thread, beside another call and after
 * closing: {@link #device}, {@link #memory} and {@link #supports}, and what a handle says of
 * itself, such as its shape, spec, size or name; and {@link gpt2j.api.TokenQueue#take}, which
 * {@link #close} and the queue's own must end.
 *
 * <p>{@link #operations} and {@link #profiler} are asked for once, {@link #training} until it has
 * answered once. {@link #close} comes once and gives back all that is allocated: handles that are
 * still open are closed neither before nor after it.
 */
public abstract class UncheckedBackend implements Backend {
  /** For subclasses. */
  protected UncheckedBackend() {}

  /** What a {@link CheckedBackend} has in its place. */
  @Override
  public final Lock lock() {
    throw new UnsupportedOperationException("the checked backend has the lock");
  }

  /** What a {@link CheckedBackend} has in its place. */
  @Override
  public final Lifetime lifetime(Object handle, String what) {
    throw new UnsupportedOperationException("the checked backend knows the lifetimes");
  }
}
