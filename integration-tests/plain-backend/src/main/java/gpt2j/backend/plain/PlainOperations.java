package gpt2j.backend.plain;

import module gpt2j.api;

/**
 * The operations, one row after another, so that no row's result depends on those beside it. The
 * handles are this backend's own and their shapes fit: the checked backend has seen to both.
 */
final class PlainOperations implements Operations {
  @Override
  public void embed(Tensor out, TokenBatch batch, EmbeddingTable tokens, EmbeddingTable positions) {
    HeapTensor to = (HeapTensor) out;
    HeapMatrix words = (HeapMatrix) tokens;
    HeapMatrix places = (HeapMatrix) positions;
    for (int i = 0; i < batch.rows(); i++) {
      int word = words.at(element(batch.tokens(), i));
      int place = places.at(element(batch.positions(), i));
      for (int c = 0; c < words.width(); c++) {
        to.floats()[to.at(i) + c] =
            words.stored().floats()[word + c] + places.stored().floats()[place + c];
      }
    }
  }

  /** Sums in float64, where squares of large numbers don't overflow. */
  @Override
  public void layerNorm(Tensor out, Tensor x, Tensor gain, Tensor bias, float epsilon) {
    HeapTensor to = (HeapTensor) out;
    HeapTensor from = (HeapTensor) x;
    HeapTensor gains = (HeapTensor) gain;
    HeapTensor biases = (HeapTensor) bias;
    int width = from.width();
    for (int i = 0; i < x.shape().rows(); i++) {
      double sum = 0;
      for (int c = 0; c < width; c++) {
        sum += from.floats()[from.at(i) + c];
      }
      double squares = 0;
      for (int c = 0; c < width; c++) {
        squares += Math.pow(from.floats()[from.at(i) + c] - sum / width, 2);
      }
      double factor = 1 / Math.sqrt(squares / width + epsilon);
      for (int c = 0; c < width; c++) {
        double normal = (from.floats()[from.at(i) + c] - sum / width) * factor;
        to.floats()[to.at(i) + c] =
            (float) (normal * gains.floats()[gains.at(c)] + biases.floats()[biases.at(c)]);
      }
    }
  }

  @Override
  public void linear(Tensor out, Tensor x, LinearWeights weights, Epilogue epilogue) {
    Products.linear((HeapTensor) out, (HeapTensor) x, (HeapMatrix) weights, epilogue);
  }

  @Override
  public void appendKv(KvCache cache, int layer, Tensor qkv, TokenBatch batch) {
    HeapCache to = (HeapCache) cache;
    HeapTensor from = (HeapTensor) qkv;
    int width = to.spec().width();
    for (int i = 0; i < batch.rows(); i++) {
      int slot = element(batch.slots(), i);
      int position = element(batch.positions(), i);
      if (to.hasPlace(slot, position)) {
        int key = from.at(i) + width; // [3C]: query, key, value
        float[] stored = to.stored().floats();
        System.arraycopy(from.floats(), key, stored, to.key(slot, layer, position), width);
        System.arraycopy(
            from.floats(), key + width, stored, to.value(slot, layer, position), width);
      }
    }
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
    HeapCache from = (HeapCache) cache;
    for (int i = 0; i < batch.rows(); i++) {
      int slot = element(batch.slots(), i);
      int position = element(batch.positions(), i);
      if (from.hasPlace(slot, position)) {
        new Attention(from, layer, slot, i, position + 1, scale)
            .run((HeapTensor) out, (HeapTensor) qkv, probe);
      }
    }
  }

  @Override
  public void copyKv(KvCache to, int toSlot, KvCache from, int fromSlot, int positions) {
    ((HeapCache) to).copy(toSlot, (HeapCache) from, fromSlot, positions);
  }

  @Override
  public void selectRows(Tensor out, Tensor x, Tensor rows) {
    HeapTensor to = (HeapTensor) out;
    HeapTensor from = (HeapTensor) x;
    for (int i = 0; i < out.shape().rows(); i++) {
      int row = Math.clamp(element(rows, i), 0, x.shape().rows() - 1);
      System.arraycopy(from.floats(), from.at(row), to.floats(), to.at(i), to.width());
    }
  }

  @Override
  public void logits(Tensor out, Tensor x, EmbeddingTable head) {
    Products.logits((HeapTensor) out, (HeapTensor) x, (HeapMatrix) head);
  }

  /** −ln softmax(l)[target] = ln Σ exp(l) − l[target]. */
  @Override
  public void crossEntropy(Tensor losses, Tensor logits, Tensor targets) {
    HeapTensor to = (HeapTensor) losses;
    HeapTensor from = (HeapTensor) logits;
    for (int i = 0; i < logits.shape().rows(); i++) {
      int target = from.at(i) + Math.clamp(element(targets, i), 0, from.width() - 1);
      double all = Attention.logSumExp(from.floats(), from.at(i), from.width());
      to.floats()[to.at(i)] = (float) (all - from.floats()[target]);
    }
  }

  @Override
  public void sample(Tensor tokens, Tensor logits, SamplingState state) {
    HeapTensor to = (HeapTensor) tokens;
    HeapTensor from = (HeapTensor) logits;
    for (int i = 0; i < logits.shape().rows(); i++) {
      to.ints()[to.at(i)] = ((Sampling) state).draw(i, from.floats(), from.at(i));
    }
  }

  @Override
  public void advance(TokenBatch batch, Tensor sampled) {
    HeapTensor tokens = (HeapTensor) batch.tokens();
    HeapTensor positions = (HeapTensor) batch.positions();
    for (int i = 0; i < batch.rows(); i++) {
      if (element(batch.slots(), i) != TokenBatch.IDLE) {
        tokens.ints()[tokens.at(i)] = element(sampled, i);
        positions.ints()[positions.at(i)]++;
      }
    }
  }

  /** The queue first, which may be full: then nothing has moved on. */
  @Override
  public void advance(TokenBatch batch, Tensor sampled, TokenQueue queue) {
    int[] entry = new int[batch.rows()];
    for (int i = 0; i < entry.length; i++) {
      boolean idle = element(batch.slots(), i) == TokenBatch.IDLE;
      entry[i] = idle ? SamplingState.NO_TOKEN : element(sampled, i);
    }
    ((HostTokenQueue) queue).put(entry);
    advance(batch, sampled);
  }

  /** One element of an I32 list. */
  private static int element(Tensor list, int i) {
    HeapTensor from = (HeapTensor) list;
    return from.ints()[from.at(i)];
  }
}
