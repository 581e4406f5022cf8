package gpt2j.spi;

import gpt2j.api.AttentionProbe;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.LinearWeights;
import gpt2j.api.Operations;
import gpt2j.api.SamplingState;
import gpt2j.api.TokenBatch;
import gpt2j.api.TokenQueue;
import gpt2j.api.tensor.Tensor;

/** Passes everything on to other operations, to be overridden one at a time. */
public class ForwardingOperations implements Operations {
  /** The other operations. */
  protected final Operations to;

  public ForwardingOperations(Operations to) {
    this.to = to;
  }

  @Override
  public void embed(Tensor out, TokenBatch batch, EmbeddingTable tokens, EmbeddingTable positions) {
    to.embed(out, batch, tokens, positions);
  }

  @Override
  public void layerNorm(Tensor out, Tensor x, Tensor gain, Tensor bias, float epsilon) {
    to.layerNorm(out, x, gain, bias, epsilon);
  }

  @Override
  public void linear(Tensor out, Tensor x, LinearWeights weights, Epilogue epilogue) {
    to.linear(out, x, weights, epilogue);
  }

  @Override
  public void appendKv(KvCache cache, int layer, Tensor qkv, TokenBatch batch) {
    to.appendKv(cache, layer, qkv, batch);
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
    to.attention(out, qkv, cache, layer, batch, scale, probe);
  }

  @Override
  public void copyKv(KvCache target, int toSlot, KvCache from, int fromSlot, int positions) {
    to.copyKv(target, toSlot, from, fromSlot, positions);
  }

  @Override
  public void selectRows(Tensor out, Tensor x, Tensor rows) {
    to.selectRows(out, x, rows);
  }

  @Override
  public void logits(Tensor out, Tensor x, EmbeddingTable head) {
    to.logits(out, x, head);
  }

  @Override
  public void crossEntropy(Tensor losses, Tensor logits, Tensor targets) {
    to.crossEntropy(losses, logits, targets);
  }

  @Override
  public void sample(Tensor tokens, Tensor logits, SamplingState state) {
    to.sample(tokens, logits, state);
  }

  @Override
  public void advance(TokenBatch batch, Tensor sampled) {
    to.advance(batch, sampled);
  }

  @Override
  public void advance(TokenBatch batch, Tensor sampled, TokenQueue queue) {
    to.advance(batch, sampled, queue);
  }
}
