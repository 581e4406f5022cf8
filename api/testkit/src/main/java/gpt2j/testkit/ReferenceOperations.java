package gpt2j.testkit;

import static gpt2j.api.tensor.DataType.F32;
import static gpt2j.api.tensor.DataType.I32;

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
import gpt2j.spi.HostTokenQueue;
import java.util.Arrays;

/**
 * Every operation, row by row: float32 in, float64 in between, float32 out. A row whose token,
 * position or slot doesn't exist becomes NaN.
 */
final class ReferenceOperations implements Operations {

  @Override
  public void embed(Tensor out, TokenBatch batch, EmbeddingTable tokens, EmbeddingTable positions) {
    ReferenceTable wte = (ReferenceTable) tokens;
    ReferenceTable wpe = (ReferenceTable) positions;
    Check.equal("the width of positions", wpe.width(), wte.width());
    Check.shape("out", out, F32, batch.rows(), wte.width());
    ReferenceTensor to = own(out);
    int[] token = ints(batch.tokens()); // [n]
    int[] position = ints(batch.positions()); // [n]

    for (int row = 0; row < batch.rows(); row++) {
      if (!wte.has(token[row]) || !wpe.has(position[row])) {
        to.setRowUndefined(row);
        continue;
      }
      float[] sum = new float[wte.width()]; // [C]
      for (int c = 0; c < sum.length; c++) {
        sum[c] = wte.get(token[row], c) + wpe.get(position[row], c);
      }
      to.setRow(row, sum);
    }
  }

  @Override
  public void layerNorm(Tensor out, Tensor x, Tensor gain, Tensor bias, float epsilon) {
    int width = gain.shape().size(0);
    Check.rows("x", x, width);
    Check.shape("out", out, F32, x.shape().rows(), width);
    Check.shape("the gain", gain, F32, width);
    Check.shape("the bias", bias, F32, width);
    ReferenceTensor to = own(out);
    ReferenceTensor from = own(x);
    Check.apart(to, from);
    float[] scale = own(gain).floats(); // [C]
    float[] shift = own(bias).floats(); // [C]

    for (int row = 0; row < x.shape().rows(); row++) {
      to.setRow(row, Formulas.layerNorm(from.row(row), scale, shift, epsilon));
    }
  }

  @Override
  public void linear(Tensor out, Tensor x, LinearWeights weights, Epilogue epilogue) {
    ReferenceLinear linear = (ReferenceLinear) weights;
    Check.rows("x", x, linear.inputs());
    Check.shape("out", out, F32, x.shape().rows(), linear.outputs());
    ReferenceTensor to = own(out);
    ReferenceTensor from = own(x);
    Check.apart(to, from);

    for (int row = 0; row < x.shape().rows(); row++) {
      double[] product = linear.apply(from.row(row)); // [outputs]
      float[] result = to.row(row); // [outputs]
      for (int o = 0; o < result.length; o++) {
        result[o] =
            (float)
                switch (epilogue) {
                  case NONE -> product[o];
                  case GELU_TANH -> Formulas.geluTanh(product[o]);
                  case GELU_ERF -> Formulas.geluErf(product[o]);
                  case ADD_TO_OUT -> result[o] + product[o];
                };
      }
      to.setRow(row, result);
    }
  }

  @Override
  public void appendKv(KvCache cache, int layer, Tensor qkv, TokenBatch batch) {
    ReferenceCache to = (ReferenceCache) cache;
    to.requireLayer(layer);
    Check.shape("qkv", qkv, F32, batch.rows(), 3 * cache.spec().width());
    ReferenceTensor from = own(qkv);
    int[] slot = ints(batch.slots()); // [n]
    int[] position = ints(batch.positions()); // [n]

    for (int row = 0; row < batch.rows(); row++) {
      if (to.has(slot[row], position[row])) {
        to.store(layer, slot[row], position[row], from.row(row));
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
    ReferenceCache past = (ReferenceCache) cache;
    past.requireLayer(layer);
    int heads = cache.spec().heads();
    int headSize = cache.spec().headSize();
    int width = cache.spec().width(); // C = heads * headSize
    int capacity = cache.spec().capacity();
    Check.shape("qkv", qkv, F32, batch.rows(), 3 * width);
    Check.shape("out", out, F32, batch.rows(), width);
    if (probe.scores() != null) {
      Check.shape("the scores", probe.scores(), F32, batch.rows(), heads, capacity);
    }
    if (probe.probabilities() != null) {
      Check.shape("the probabilities", probe.probabilities(), F32, batch.rows(), heads, capacity);
    }
    ReferenceTensor to = own(out);
    ReferenceTensor from = own(qkv);
    Check.apart(to, from);
    int[] slot = ints(batch.slots()); // [n]
    int[] position = ints(batch.positions()); // [n]

    for (int row = 0; row < batch.rows(); row++) {
      float[] result = new float[width]; // [C]: heads side by side
      float[] scores = new float[heads * capacity]; // [heads, capacity]
      float[] probabilities = new float[heads * capacity]; // [heads, capacity]
      Arrays.fill(scores, Float.NEGATIVE_INFINITY);
      if (!past.has(slot[row], position[row])) {
        to.setRowUndefined(row);
        continue;
      }
      float[] query = from.row(row); // [3C]: the first C
      float[] keys = past.keys(layer, slot[row]); // [capacity, C]
      float[] values = past.values(layer, slot[row]); // [capacity, C]
      for (int head = 0; head < heads; head++) {
        int column = head * headSize;
        // A row sees positions 0 … its own.
        double[] p =
            Formulas.scores(keys, position[row] + 1, width, query, column, headSize, scale);
        copy(p, scores, head * capacity);
        Formulas.softmax(p);
        copy(p, probabilities, head * capacity);
        Formulas.weightedSum(p, values, width, result, column, headSize);
      }
      to.setRow(row, result);
      if (probe.scores() != null) {
        own(probe.scores()).setRow(row, scores);
      }
      if (probe.probabilities() != null) {
        own(probe.probabilities()).setRow(row, probabilities);
      }
    }
  }

  private static void copy(double[] from, float[] to, int at) {
    for (int i = 0; i < from.length; i++) {
      to[at + i] = (float) from[i];
    }
  }

  @Override
  public void copyKv(KvCache to, int toSlot, KvCache from, int fromSlot, int positions) {
    ReferenceCache target = (ReferenceCache) to;
    ReferenceCache source = (ReferenceCache) from;
    Check.equal("layers of the cache copied to", to.spec().layers(), from.spec().layers());
    Check.equal("heads of the cache copied to", to.spec().heads(), from.spec().heads());
    Check.equal("head size of the cache copied to", to.spec().headSize(), from.spec().headSize());
    if (to.spec().type() != from.spec().type()) {
      throw new IllegalArgumentException(
          "a cache of %s can't be copied to one of %s"
              .formatted(from.spec().type(), to.spec().type()));
    }
    source.requireRange(fromSlot, positions);
    target.requireRange(toSlot, positions);
    target.copy(source, fromSlot, toSlot, positions);
  }

  @Override
  public void selectRows(Tensor out, Tensor x, Tensor rows) {
    int width = x.shape().size(x.shape().rank() - 1);
    int count = rows.shape().size(0);
    Check.rows("x", x, width);
    Check.shape("rows", rows, I32, count);
    Check.shape("out", out, F32, count, width);
    ReferenceTensor to = own(out);
    ReferenceTensor from = own(x);
    Check.apart(to, from);
    int[] wanted = ints(rows); // [m]

    for (int row = 0; row < count; row++) {
      if (wanted[row] < 0 || wanted[row] >= x.shape().rows()) {
        to.setRowUndefined(row);
      } else {
        to.setRow(row, from.row(wanted[row]));
      }
    }
  }

  @Override
  public void logits(Tensor out, Tensor x, EmbeddingTable head) {
    ReferenceTable table = (ReferenceTable) head;
    Check.rows("x", x, head.width());
    Check.shape("out", out, F32, x.shape().rows(), head.rows());
    ReferenceTensor to = own(out);
    ReferenceTensor from = own(x);
    Check.apart(to, from);

    for (int row = 0; row < x.shape().rows(); row++) {
      float[] vector = from.row(row); // [C]
      float[] logits = new float[head.rows()]; // [V]
      for (int token = 0; token < logits.length; token++) {
        logits[token] = (float) table.dot(token, vector);
      }
      to.setRow(row, logits);
    }
  }

  @Override
  public void crossEntropy(Tensor losses, Tensor logits, Tensor targets) {
    int count = targets.shape().size(0);
    int vocabulary = logits.shape().size(logits.shape().rank() - 1);
    Check.shape("targets", targets, I32, count);
    Check.shape("logits", logits, F32, count, vocabulary);
    Check.shape("losses", losses, F32, count);
    ReferenceTensor to = own(losses);
    ReferenceTensor from = own(logits);
    int[] target = ints(targets); // [m]

    for (int row = 0; row < count; row++) {
      if (target[row] < 0 || target[row] >= vocabulary) {
        to.setRowUndefined(row);
      } else {
        to.setRow(row, new float[] {(float) Formulas.crossEntropy(from.row(row), target[row])});
      }
    }
  }

  @Override
  public void sample(Tensor tokens, Tensor logits, SamplingState state) {
    ReferenceSampling rows = (ReferenceSampling) state;
    int count = tokens.shape().size(0);
    Check.shape("tokens", tokens, I32, count);
    Check.shape("logits", logits, F32, count, state.vocabulary());
    ReferenceTensor from = own(logits);
    int[] drawn = new int[count]; // [m]

    for (int row = 0; row < count; row++) {
      drawn[row] = rows.draw(row, from.row(row));
    }
    own(tokens).setInts(drawn);
  }

  @Override
  public void advance(TokenBatch batch, Tensor sampled) {
    Check.shape("the tokens sampled", sampled, I32, batch.rows());
    int[] token = ints(batch.tokens()); // [n]
    int[] position = ints(batch.positions()); // [n]
    int[] slot = ints(batch.slots()); // [n]
    int[] drawn = ints(sampled); // [n]

    for (int row = 0; row < position.length; row++) {
      if (slot[row] != TokenBatch.IDLE) {
        token[row] = drawn[row];
        position[row]++;
      }
    }
    own(batch.positions()).setInts(position);
    own(batch.tokens()).setInts(token);
  }

  @Override
  public void advance(TokenBatch batch, Tensor sampled, TokenQueue queue) {
    if (!(queue instanceof HostTokenQueue host)) {
      throw new IllegalArgumentException("a token queue of another backend");
    }
    advance(batch, sampled);
    int[] slot = ints(batch.slots()); // [n]
    int[] drawn = ints(sampled); // [n]
    for (int row = 0; row < drawn.length; row++) {
      drawn[row] = slot[row] == TokenBatch.IDLE ? SamplingState.NO_TOKEN : drawn[row];
    }
    host.put(drawn);
  }

  private ReferenceTensor own(Tensor tensor) {
    return (ReferenceTensor) tensor;
  }

  private int[] ints(Tensor tensor) {
    return own(tensor).ints();
  }
}
