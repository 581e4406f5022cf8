package gpt2j.spi;

import gpt2j.api.Backend;
import gpt2j.api.Lifetime;
import java.util.concurrent.locks.Lock;

/**
 * A backend's own part, which a {@link CheckedBackend} makes a backend of: it has one caller at a
 * time, gets arguments that fit and none but its own handles, all of them open, and isn't called
 * after closing.
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
