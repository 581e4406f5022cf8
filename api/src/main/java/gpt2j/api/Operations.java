package gpt2j.api;

import gpt2j.api.tensor.Tensor;

/**
 * The operations of a transformer decoder, fused to about eight a block. The output comes first and
 * may not overlap an input, unless said otherwise. Nothing allocates; everything is queued in
 * order. Tensors of activations are F32 with one row per row of the batch. {@code C} is the
 * embedding width, {@code V} the vocabulary, {@code n} the number of rows.
 *
 * <p>Shapes, layers, slots and counts that the host gives and that don't fit throw {@link
 * IllegalArgumentException} when queued. Values in device memory that don't fit (a token outside
 * its table, a position beyond the cache) are the caller's to prevent: a device can't report them,
 * so the result is undefined, though never a write outside the tensors named, nor an exception: a
 * row that has {@link SamplingState#NO_TOKEN} is evaluated beside others. So is what comes out of
 * rows that are {@link TokenBatch#IDLE idle}; nothing of them is stored in a cache, and other rows
 * don't mind them.
 *
 * <p>Every operation may throw {@link UnsupportedException}; none computes elsewhere.
 */
public interface Operations {
  /**
   * {@code out[i] = tokens[token i] + positions[position i]}.
   *
   * @param out {@code [n, C]}
   * @param tokens {@code [V, C]}
   * @param positions {@code [context, C]}
   */
  default void embed(
      Tensor out, TokenBatch batch, EmbeddingTable tokens, EmbeddingTable positions) {
    otherwise("embed").embed(out, batch, tokens, positions);
  }

  /**
   * Each row to mean 0 and variance 1, then scaled and shifted (Ba et al. 2016, §3): {@code out =
   * (x − mean) / √(variance + epsilon) · gain + bias}, variance divided by C.
   *
   * @param out {@code [n, C]}
   * @param x {@code [n, C]}
   * @param gain {@code [C]}
   * @param bias {@code [C]}
   */
  default void layerNorm(Tensor out, Tensor x, Tensor gain, Tensor bias, float epsilon) {
    otherwise("layerNorm").layerNorm(out, x, gain, bias, epsilon);
  }

  /**
   * {@code out = epilogue(x·W + b)}.
   *
   * @param out {@code [n, outputs]}; with {@link Epilogue#ADD_TO_OUT} also an input
   * @param x {@code [n, inputs]}
   */
  default void linear(Tensor out, Tensor x, LinearWeights weights, Epilogue epilogue) {
    otherwise("linear").linear(out, x, weights, epilogue);
  }

  /**
   * Stores each row's key and value at its slot and position.
   *
   * @param qkv {@code [n, 3C]}: query, key, value side by side, each {@code [heads, headSize]}
   */
  default void appendKv(KvCache cache, int layer, Tensor qkv, TokenBatch batch) {
    otherwise("appendKv").appendKv(cache, layer, qkv, batch);
  }

  /**
   * Causal multi-head attention (Vaswani et al. 2017, §3.2) of each row's query over positions 0 …
   * its own of its slot, which {@link #appendKv} has stored: {@code out = softmax(scale · q·Kᵀ)·V}
   * for each head, heads side by side.
   *
   * @param out {@code [n, C]}
   * @param qkv {@code [n, 3C]}, of which only the query is read
   * @param scale usually 1/√headSize
   * @param probe what is stored beside; a backend may lack any but {@link AttentionProbe#NONE}
   */
  default void attention(
      Tensor out,
      Tensor qkv,
      KvCache cache,
      int layer,
      TokenBatch batch,
      float scale,
      AttentionProbe probe) {
    otherwise("attention").attention(out, qkv, cache, layer, batch, scale, probe);
  }

  /**
   * Copies keys and values of all layers, positions {@code 0 … positions - 1}, from one slot to
   * another. The caches agree in all but the number of slots and the capacity.
   */
  default void copyKv(KvCache to, int toSlot, KvCache from, int fromSlot, int positions) {
    otherwise("copyKv").copyKv(to, toSlot, from, fromSlot, positions);
  }

  /**
   * {@code out[i] = x[rows[i]]}: only the rows whose logits are wanted.
   *
   * @param out {@code [m, C]}
   * @param x {@code [n, C]}
   * @param rows I32 {@code [m]}
   */
  default void selectRows(Tensor out, Tensor x, Tensor rows) {
    otherwise("selectRows").selectRows(out, x, rows);
  }

  /**
   * {@code out = x·headᵀ}.
   *
   * @param out {@code [m, V]}
   * @param x {@code [m, C]}
   * @param head {@code [V, C]}
   */
  default void logits(Tensor out, Tensor x, EmbeddingTable head) {
    otherwise("logits").logits(out, x, head);
  }

  /**
   * {@code losses[i] = −ln softmax(logits[i])[targets[i]]}: the negative log-probability of each
   * target, in nats. It is finite only where no logit of the row is NaN or +∞.
   *
   * @param losses F32 {@code [m]}
   * @param logits {@code [m, V]}
   * @param targets I32 {@code [m]}
   */
  default void crossEntropy(Tensor losses, Tensor logits, Tensor targets) {
    otherwise("crossEntropy").crossEntropy(losses, logits, targets);
  }

  /**
   * Draws one token per row as its {@link SamplingParameters} say, and moves each row's state on:
   * the draw's number goes up by one and the token counts as drawn. Further rows of the state stay
   * as they are.
   *
   * <p>A row with a logit that is NaN or +∞, or with none above −∞, has no next token, whatever the
   * parameters: {@link SamplingState#NO_TOKEN} is drawn, and nothing counts as seen. Other rows
   * draw as ever.
   *
   * @param tokens I32 {@code [m]}
   * @param logits {@code [m, V]}, which stay as they are; −∞ for a token that is not to be drawn
   * @param state of m rows or more, and V tokens
   */
  default void sample(Tensor tokens, Tensor logits, SamplingState state) {
    otherwise("sample").sample(tokens, logits, state);
  }

  /**
   * Makes the batch the next step's: its tokens become {@code sampled}, its positions go up by one.
   * {@link TokenBatch#IDLE Idle} rows stay as they are. A row that has {@link
   * SamplingState#NO_TOKEN} may be evaluated like the others: what comes out of it is undefined,
   * and the other rows don't mind it.
   *
   * @param sampled I32 {@code [n]}
   */
  default void advance(TokenBatch batch, Tensor sampled) {
    otherwise("advance").advance(batch, sampled);
  }

  /**
   * The same, and puts what was sampled into a queue to the host; {@link SamplingState#NO_TOKEN}
   * for idle rows.
   *
   * @param sampled I32 {@code [n]}
   * @param queue of n rows or more; of the entry's further tokens nothing is known
   * @throws IllegalStateException when the queue is full
   */
  default void advance(TokenBatch batch, Tensor sampled, TokenQueue queue) {
    otherwise("advance").advance(batch, sampled, queue);
  }

  /**
   * What does the operations that these lack. A backend lacks what it doesn't implement: whoever
   * calls it is told. Operations that stand before others, to see what passes, answer with those.
   *
   * @param operation its name
   * @throws UnsupportedException when there is nothing
   */
  default Operations otherwise(String operation) {
    throw new UnsupportedException("this backend has no operation " + operation);
  }
}
