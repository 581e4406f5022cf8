package gpt2j.spi;

import gpt2j.api.AttentionProbe;
import gpt2j.api.Backend;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.KvCache;
import gpt2j.api.Lifetime;
import gpt2j.api.LinearWeights;
import gpt2j.api.SamplingState;
import gpt2j.api.TokenBatch;
import gpt2j.api.TokenQueue;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.Dropout;
import java.lang.ref.Cleaner;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The life of one backend: its lock, and whether it is closed. Every call of the backend and of its
 * handles goes through here, so memory can't be given back while a call uses it, whether the caller
 * holds the lock for a whole step or not. For a thread that does, a call takes the lock once more
 * without waiting, which costs some nanoseconds.
 *
 * <p>Nothing here leads to what users hold, so that what they forget can be collected.
 */
final class BackendLife {
  /** Of all that users forget to close. */
  static final Cleaner CLEANER = Cleaner.create();

  private static final System.Logger LOG = System.getLogger("gpt2j.api");

  private final String name;
  private final Backend backend;

  /**
   * Fair, so that who asks for it step by step waits for one piece of another's work at most: with
   * barging, a thread that takes the lock again at once would nearly always win over those that
   * have to be woken.
   */
  private final ReentrantLock lock = new ReentrantLock(true);

  private final Set<String> forgotten = ConcurrentHashMap.newKeySet(); // what the log was told of
  private volatile boolean closed; // written holding the lock
  private @Nullable String recording; // the step that is being recorded

  BackendLife(String name, Backend backend) {
    this.name = name;
    this.backend = backend;
  }

  Lock lock() {
    return lock;
  }

  void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the %s backend is closed".formatted(name));
    }
  }

  /** A call that may be made while a step is recorded. */
  void run(Runnable call) {
    lock.lock();
    try {
      requireOpen();
      call.run();
    } finally {
      lock.unlock();
    }
  }

  /** The same with a result. */
  <T> T get(Supplier<T> call) {
    lock.lock();
    try {
      requireOpen();
      return call.get();
    } finally {
      lock.unlock();
    }
  }

  /** A call that may not. */
  void runUnrecorded(String what, Runnable call) {
    run(
        () -> {
          requireNotRecording(what);
          call.run();
        });
  }

  /** The same with a result. */
  <T> T getUnrecorded(String what, Supplier<T> call) {
    return get(
        () -> {
          requireNotRecording(what);
          return call.get();
        });
  }

  /** Records a step, which may run its body. */
  <T> T record(String name, Supplier<T> call) {
    return getUnrecorded(
        "record",
        () -> {
          recording = name;
          try {
            return call.get();
          } finally {
            recording = null;
          }
        });
  }

  /** Throws where such a call would, without one. */
  void requireUnrecorded(String what) {
    lock.lock();
    try {
      requireOpen();
      requireNotRecording(what);
    } finally {
      lock.unlock();
    }
  }

  private void requireNotRecording(String what) {
    if (recording != null) {
      throw new IllegalStateException(
          "the step %s can't be recorded: it calls %s, which is no operation"
              .formatted(recording, what));
    }
  }

  /** Gives something of the backend back, unless all of it was. */
  void free(Runnable free) {
    lock.lock();
    try {
      if (!closed) {
        free.run();
      }
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      requireNotRecording("close");
      if (!closed) {
        closed = true;
        backend.close();
      }
    } finally {
      lock.unlock();
    }
  }

  Lifetime lifetime(Object handle, String what) {
    return new Lifetime(CLEANER, handle, what, this::collected);
  }

  /** The backend itself was forgotten. */
  void collected() {
    collected("backend");
    close();
  }

  /** Something was forgotten; it is no news when all was closed. */
  void collected(String what) {
    if (!closed && forgotten.add(what)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "a {0} of the {1} backend was not closed before it was forgotten; the garbage collector"
              + " has given its memory back, late (said once for each backend and kind)",
          what,
          name);
    }
  }

  /**
   * The backend's own handle behind one of its user's.
   *
   * @throws IllegalStateException when it was closed
   * @throws IllegalArgumentException when it belongs to another backend
   */
  @SuppressWarnings("unchecked") // a handle is of the type of what is behind it
  <T extends AutoCloseable> T own(T handle) {
    if (handle instanceof Handle<?> own && own.life() == this) {
      return (T) own.own();
    }
    throw new IllegalArgumentException(kind(handle) + " of another backend");
  }

  private static String kind(AutoCloseable handle) {
    return switch (handle) {
      case Tensor _ -> "a tensor";
      case LinearWeights _ -> "weights";
      case EmbeddingTable _ -> "an embedding table";
      case KvCache _ -> "a KV cache";
      case SamplingState _ -> "a sampling state";
      case TokenQueue _ -> "a token queue";
      default -> handle.getClass().getSimpleName();
    };
  }

  TokenBatch own(TokenBatch batch) {
    return new TokenBatch(own(batch.tokens()), own(batch.positions()), own(batch.slots()));
  }

  List<Tensor> own(List<Tensor> tensors) {
    return tensors.stream().map(this::<Tensor>own).toList();
  }

  AttentionProbe own(AttentionProbe probe) {
    return probe.equals(AttentionProbe.NONE)
        ? probe
        : new AttentionProbe(ownOrNull(probe.scores()), ownOrNull(probe.probabilities()));
  }

  private @Nullable Tensor ownOrNull(@Nullable Tensor handle) {
    return handle == null ? null : own(handle);
  }

  Dropout own(Dropout dropout) {
    return switch (dropout) {
      case Dropout.None none -> none;
      case Dropout.Random(float probability, long seed, int site, Tensor pass) ->
          new Dropout.Random(probability, seed, site, own(pass));
    };
  }
}
