package gpt2j.bench.visualize;

import gpt2j.api.AttentionProbe;
import gpt2j.api.Backend;
import gpt2j.api.DataType;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.LinearWeights;
import gpt2j.api.Operations;
import gpt2j.api.SamplingState;
import gpt2j.api.Shape;
import gpt2j.api.Tensor;
import gpt2j.api.TokenBatch;
import gpt2j.api.TokenQueue;
import gpt2j.api.Usage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Passes operations on, and shows what attention worked on to whoever observes. */
final class ObservedOperations implements Operations, AutoCloseable {
  static final int ALL_LAYERS = -1;

  private final Backend backend;
  private final Operations operations;
  private int layer;
  private @Nullable Consumer<Attention> observer;
  private @Nullable Tensor probabilities; // [rows, heads, capacity] of the last observation

  ObservedOperations(Backend backend) {
    this.backend = backend;
    operations = backend.operations();
  }

  void observe(int layer, Consumer<Attention> observer) {
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
      operations.attention(out, qkv, cache, layer, batch, scale, probe);
      return;
    }
    AttentionProbe.Store stored =
        probe instanceof AttentionProbe.Store own
            ? own
            : new AttentionProbe.Store(
                store(Shape.of(batch.rows(), cache.spec().heads(), cache.spec().capacity())));
    operations.attention(out, qkv, cache, layer, batch, scale, stored);
    observer.accept(
        new Attention(backend, layer, scale, batch, qkv, cache, stored.probabilities(), out));
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
  public void embed(Tensor out, TokenBatch batch, EmbeddingTable tokens, EmbeddingTable positions) {
    operations.embed(out, batch, tokens, positions);
  }

  @Override
  public void layerNorm(Tensor out, Tensor x, Tensor gain, Tensor bias, float epsilon) {
    operations.layerNorm(out, x, gain, bias, epsilon);
  }

  @Override
  public void linear(Tensor out, Tensor x, LinearWeights weights, Epilogue epilogue) {
    operations.linear(out, x, weights, epilogue);
  }

  @Override
  public void appendKv(KvCache cache, int layer, Tensor qkv, TokenBatch batch) {
    operations.appendKv(cache, layer, qkv, batch);
  }

  @Override
  public void copyKv(KvCache to, int toSlot, KvCache from, int fromSlot, int positions) {
    operations.copyKv(to, toSlot, from, fromSlot, positions);
  }

  @Override
  public void selectRows(Tensor out, Tensor x, Tensor rows) {
    operations.selectRows(out, x, rows);
  }

  @Override
  public void logits(Tensor out, Tensor x, EmbeddingTable head) {
    operations.logits(out, x, head);
  }

  @Override
  public void crossEntropy(Tensor losses, Tensor logits, Tensor targets) {
    operations.crossEntropy(losses, logits, targets);
  }

  @Override
  public void sample(Tensor tokens, Tensor logits, SamplingState state) {
    operations.sample(tokens, logits, state);
  }

  @Override
  public void advance(TokenBatch batch, Tensor sampled) {
    operations.advance(batch, sampled);
  }

  @Override
  public void advance(TokenBatch batch, Tensor sampled, TokenQueue queue) {
    operations.advance(
        batch, sampled, queue instanceof StepByStepQueue(TokenQueue own) ? own : queue);
  }
}
