package gpt2j.spi;

import java.lang.ref.Cleaner;
import org.jspecify.annotations.Nullable;

/**
 * A backend's handle as its users have it: it refuses to be used after it, or its backend, was
 * closed. When nothing leads to it any more, the garbage collector has it closed.
 *
 * @param <T> the type of what is behind it
 */
abstract class Handle<T extends AutoCloseable> implements AutoCloseable {
  private final CheckedBackend backend; // isn't collected before its handles
  private final Held held;
  private final T own;
  private final @Nullable Handle<T> owner; // of the memory, for a view
  private final Cleaner.@Nullable Cleanable cleanable;

  Handle(CheckedBackend backend, String what, T own) {
    this.backend = backend;
    this.own = own;
    held = new Held(backend.life(), what, own);
    owner = null;
    cleanable = BackendLife.CLEANER.register(this, held);
  }

  /** A view of another's memory, which is open as long as that is. */
  Handle(Handle<T> owner, T own) {
    this.backend = owner.backend;
    this.own = own;
    this.owner = owner;
    held = owner.held;
    cleanable = null;
  }

  final CheckedBackend backend() {
    return backend;
  }

  final BackendLife life() {
    return held.life;
  }

  /**
   * What is behind it.
   *
   * @throws IllegalStateException when it, or the backend, is closed
   */
  final T own() {
    held.life.requireOpen();
    if (!held.open) {
      throw new IllegalStateException("the " + held.what + " is closed");
    }
    return own;
  }

  /** What is behind it, also after closing, for what it says of itself. */
  final T described() {
    return own;
  }

  @Override
  public final void close() {
    if (cleanable != null) {
      cleanable.clean();
    }
  }

  /** What is to be closed; nothing in it leads to the handle. */
  private static final class Held implements Runnable {
    final BackendLife life;
    final String what;
    final AutoCloseable own;
    volatile boolean open = true; // written holding the backend's lock

    Held(BackendLife life, String what, AutoCloseable own) {
      this.life = life;
      this.what = what;
      this.own = own;
    }

    /** Once: by who closes it, or by the garbage collector. */
    @Override
    public void run() {
      life.free(this::close);
    }

    private void close() {
      open = false;
      try {
        own.close();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
