package gpt2j.model.gpt2.memory;

import gpt2j.api.Backend;
import java.util.function.Supplier;

/** Does work that must not mix with another thread's, holding the backend's lock. */
public final class Locked {
  private Locked() {}

  public static void run(Backend backend, Runnable work) {
    backend.lock().lock();
    try {
      work.run();
    } finally {
      backend.lock().unlock();
    }
  }

  public static <T> T get(Backend backend, Supplier<T> work) {
    backend.lock().lock();
    try {
      return work.get();
    } finally {
      backend.lock().unlock();
    }
  }
}
