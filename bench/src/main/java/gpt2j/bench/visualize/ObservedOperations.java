package gpt2j.bench.visualize;

import gpt2j.api.AttentionProbe;
import gpt2j.api.Backend;
import gpt2j.api.KvCache;
import gpt2j.api.TokenBatch;
import gpt2j.api.TokenQueue;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.spi.ForwardingOperations;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Passes operations on, and shows what attention worked on to whoever observes. */
final class ObservedOperations extends ForwardingOperations implements AutoCloseable {
  static final int ALL_LAYERS = -1;

  private final Backend backend;
  private int layer;
  private @Nullable Consumer<ObservedAttention> observer;
  private @Nullable Tensor probabilities; // [rows, heads, capacity] of the last observation

  ObservedOperations(Backend backend) {
    super(backend.operations());
    this.backend = backend;
  }

  void observe(int layer, Consumer<ObservedAttention> observer) {
    this.layer = layer;
    this.observer = observer;
  }

  void endObservation() {
    observer = null;
    close();
  }

  @Override
  public void attention(
      Tensor out,
      Tensor qkv,
      KvCache cache,
      int layer,
      TokenBatch batch,
      float scale,
      AttentionProbe probe) {
    if (observer == null || (this.layer != ALL_LAYERS && this.layer != layer)) {
      to.attention(out, qkv, cache, layer, batch, scale, probe);
      return;
    }
    Tensor stored = probe.probabilities();
    if (stored == null) {
      stored = store(Shape.of(batch.rows(), cache.spec().heads(), cache.spec().capacity()));
    }
    AttentionProbe both = new AttentionProbe(probe.scores(), stored);
    to.attention(out, qkv, cache, layer, batch, scale, both);
    observer.accept(new ObservedAttention(backend, layer, scale, batch, qkv, cache, stored, out));
  }

  private Tensor store(Shape shape) {
    Tensor kept = probabilities;
    if (kept == null || !kept.shape().equals(shape)) {
      close();
      kept = backend.allocate(DataType.F32, shape, Usage.ACTIVATION);
      probabilities = kept;
    }
    return kept;
  }

  @Override
  public void close() {
    if (probabilities != null) {
      probabilities.close();
      probabilities = null;
    }
  }

  @Override
  public void advance(TokenBatch batch, Tensor sampled, TokenQueue queue) {
    to.advance(batch, sampled, queue instanceof StepByStepQueue(TokenQueue own) ? own : queue);
  }

  /**
   * A backend's queue of depth 0, so that no step is queued before the one before it was looked at.
   *
   * @param queue the backend's
   */
  record StepByStepQueue(TokenQueue queue) implements TokenQueue {
    @Override
    public int depth() {
      return 0;
    }

    @Override
    public int rows() {
      return queue.rows();
    }

    @Override
    public void take(int[] tokens) {
      queue.take(tokens);
    }

    @Override
    public void clear() {
      queue.clear();
    }

    @Override
    public void close() {
      queue.close();
    }
  }
}
