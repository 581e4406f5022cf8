package gpt2j.spi;

import static gpt2j.spi.Checks.distinct;
import static gpt2j.spi.Checks.index;
import static gpt2j.spi.Checks.matrix;
import static gpt2j.spi.Checks.tensor;
import static gpt2j.spi.Checks.vector;

import gpt2j.api.AttentionProbe;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.LinearWeights;
import gpt2j.api.Operations;
import gpt2j.api.SamplingState;
import gpt2j.api.TokenBatch;
import gpt2j.api.TokenQueue;
import gpt2j.api.Words;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Checks types and shapes as {@link Operations} demands, then hands over to a backend's own
 * operations, which get the backend's own handles and whose call nothing else can come between.
 */
final class CheckedOperations implements Operations {
  private final BackendLife life;
  private final Operations operations;

  CheckedOperations(BackendLife life, Operations operations) {
    this.life = life;
    this.operations = operations;
  }

  @Override
  public void embed(Tensor out, TokenBatch batch, EmbeddingTable tokens, EmbeddingTable positions) {
    if (positions.width() != tokens.width()) {
      throw new IllegalArgumentException(
          "embed: tokens are %d wide, positions %d".formatted(tokens.width(), positions.width()));
    }
    matrix("embed: out", out, batch.rows(), tokens.width());
    life.run(
        () ->
            operations.embed(
                life.own(out), life.own(batch), life.own(tokens), life.own(positions)));
  }

  @Override
  public void layerNorm(Tensor out, Tensor x, Tensor gain, Tensor bias, float epsilon) {
    matrix("layerNorm: x", x);
    distinct("layerNorm", out, x);
    int width = x.shape().size(1);
    matrix("layerNorm: out", out, x.shape().rows(), width);
    vector("layerNorm: gain", gain, DataType.F32, width);
    vector("layerNorm: bias", bias, DataType.F32, width);
    life.run(
        () ->
            operations.layerNorm(
                life.own(out), life.own(x), life.own(gain), life.own(bias), epsilon));
  }

  @Override
  public void linear(Tensor out, Tensor x, LinearWeights weights, Epilogue epilogue) {
    matrix("linear: x", x);
    distinct("linear", out, x);
    matrix("linear: x", x, x.shape().rows(), weights.inputs());
    matrix("linear: out", out, x.shape().rows(), weights.outputs());
    life.run(() -> operations.linear(life.own(out), life.own(x), life.own(weights), epilogue));
  }

  @Override
  public void appendKv(KvCache cache, int layer, Tensor qkv, TokenBatch batch) {
    layer("appendKv", cache, layer);
    matrix("appendKv: qkv", qkv, batch.rows(), 3 * cache.spec().width());
    life.run(() -> operations.appendKv(life.own(cache), layer, life.own(qkv), life.own(batch)));
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
    KvCacheSpec spec = cache.spec();
    layer("attention", cache, layer);
    distinct("attention", out, qkv);
    matrix("attention: qkv", qkv, batch.rows(), 3 * spec.width());
    matrix("attention: out", out, batch.rows(), spec.width());
    probe("attention: scores", probe.scores(), spec, batch.rows());
    probe("attention: probabilities", probe.probabilities(), spec, batch.rows());
    if (probe.scores() != null) {
      distinct("attention", probe.scores(), probe.probabilities());
    }
    life.run(
        () ->
            operations.attention(
                life.own(out),
                life.own(qkv),
                life.own(cache),
                layer,
                life.own(batch),
                scale,
                life.own(probe)));
  }

  @Override
  public void copyKv(KvCache to, int toSlot, KvCache from, int fromSlot, int positions) {
    KvCacheSpec target = to.spec();
    KvCacheSpec source = from.spec();
    if (target.layers() != source.layers()
        || target.heads() != source.heads()
        || target.headSize() != source.headSize()
        || target.type() != source.type()) {
      throw new IllegalArgumentException(
          "copyKv: %s and %s are caches of different models".formatted(source, target));
    }
    life.run(
        () -> {
          KvCache ownTo = life.own(to);
          KvCache ownFrom = life.own(from);
          ((Handles.OfCache) to).requireRoom("copyKv", toSlot, positions);
          ((Handles.OfCache) from).requireRoom("copyKv", fromSlot, positions);
          operations.copyKv(ownTo, toSlot, ownFrom, fromSlot, positions);
        });
  }

  @Override
  public void selectRows(Tensor out, Tensor x, Tensor rows) {
    matrix("selectRows: x", x);
    matrix("selectRows: out", out);
    distinct("selectRows", out, x);
    matrix("selectRows: out", out, out.shape().rows(), x.shape().size(1));
    vector("selectRows: rows", rows, DataType.I32, out.shape().rows());
    life.run(() -> operations.selectRows(life.own(out), life.own(x), life.own(rows)));
  }

  @Override
  public void logits(Tensor out, Tensor x, EmbeddingTable head) {
    matrix("logits: x", x);
    distinct("logits", out, x);
    matrix("logits: x", x, x.shape().rows(), head.width());
    matrix("logits: out", out, x.shape().rows(), head.rows());
    life.run(() -> operations.logits(life.own(out), life.own(x), life.own(head)));
  }

  @Override
  public void crossEntropy(Tensor losses, Tensor logits, Tensor targets) {
    matrix("crossEntropy: logits", logits);
    vector("crossEntropy: losses", losses, DataType.F32, logits.shape().rows());
    vector("crossEntropy: targets", targets, DataType.I32, logits.shape().rows());
    life.run(() -> operations.crossEntropy(life.own(losses), life.own(logits), life.own(targets)));
  }

  @Override
  public void sample(Tensor tokens, Tensor logits, SamplingState state) {
    matrix("sample: logits", logits);
    int rows = logits.shape().rows();
    matrix("sample: logits", logits, rows, state.vocabulary());
    vector("sample: tokens", tokens, DataType.I32, rows);
    fits("sample: a state", state.rows(), rows);
    life.run(() -> operations.sample(life.own(tokens), life.own(logits), life.own(state)));
  }

  @Override
  public void advance(TokenBatch batch, Tensor sampled) {
    vector("advance: sampled", sampled, DataType.I32, batch.rows());
    life.run(() -> operations.advance(life.own(batch), life.own(sampled)));
  }

  @Override
  public void advance(TokenBatch batch, Tensor sampled, TokenQueue queue) {
    vector("advance: sampled", sampled, DataType.I32, batch.rows());
    fits("advance: a queue", queue.rows(), batch.rows());
    life.run(() -> operations.advance(life.own(batch), life.own(sampled), life.own(queue)));
  }

  private static void fits(String what, int rows, int batch) {
    if (rows < batch) {
      throw new IllegalArgumentException(
          "%s of %s for a batch of %d".formatted(what, Words.count(rows, "row"), batch));
    }
  }

  private static void layer(String operation, KvCache cache, int layer) {
    index(operation + ": layer", layer, cache.spec().layers());
  }

  private static void probe(String name, @Nullable Tensor probe, KvCacheSpec spec, int rows) {
    if (probe != null) {
      tensor(name, probe, DataType.F32, Shape.of(rows, spec.heads(), spec.capacity()));
    }
  }
}
