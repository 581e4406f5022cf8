package gpt2j.model.gpt2;

import gpt2j.api.Backend;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.Operations;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.TrainingOperations;
import gpt2j.spi.ForwardingBackend;
import gpt2j.spi.ForwardingOperations;
import gpt2j.spi.ForwardingTrainingOperations;
import java.util.concurrent.locks.ReentrantLock;

/** Calls back in the middle of each step, chunk or pass: at its first operation. */
public final class WatchedBackend extends ForwardingBackend {
  private volatile Runnable watcher = () -> {};

  public WatchedBackend(Backend to) {
    super(to);
  }

  /** From now on calls {@code watcher}, on the thread that has the lock. */
  public void watch(Runnable watcher) {
    this.watcher = watcher;
  }

  /** Waits until {@code thread} waits for the lock, or has ended. */
  public void awaitQueued(Thread thread) {
    ReentrantLock lock = (ReentrantLock) lock();
    while (thread.isAlive() && !lock.hasQueuedThread(thread)) {
      Thread.onSpinWait();
    }
  }

  /** Starts a thread and waits until it waits for the lock. */
  public Thread startQueued(Runnable work) {
    Thread thread = Thread.ofPlatform().start(work);
    awaitQueued(thread);
    return thread;
  }

  @Override
  public Operations operations() {
    return new ForwardingOperations(to.operations()) {
      @Override
      public void embed(
          Tensor out, TokenBatch batch, EmbeddingTable tokens, EmbeddingTable positions) {
        watcher.run();
        to.embed(out, batch, tokens, positions);
      }
    };
  }

  @Override
  public TrainingOperations training() {
    return new ForwardingTrainingOperations(to.training()) {
      @Override
      public void embed(Tensor out, Tensor tokens, Tensor wte, Tensor wpe, int sequenceLength) {
        watcher.run();
        to.embed(out, tokens, wte, wpe, sequenceLength);
      }
    };
  }
}
