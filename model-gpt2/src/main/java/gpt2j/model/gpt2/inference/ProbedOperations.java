package gpt2j.model.gpt2.inference;

import gpt2j.api.AttentionProbe;
import gpt2j.api.Backend;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.LinearWeights;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.memory.HostFloats;
import gpt2j.model.gpt2.memory.Resources;
import gpt2j.spi.ForwardingOperations;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The operations of a forward pass that shows what it computes, and goes on with what it is given
 * instead. It knows {@link Forward}'s order of operations, so that {@code Forward} needn't know of
 * probes, and costs nothing where there are none.
 */
public final class ProbedOperations extends ForwardingOperations {
  /** Sees values, on the host. */
  public interface Visitor {
    boolean wants(Site site);

    /**
     * Sees the values of a chunk's rows.
     *
     * @param firstRow counted over all chunks
     * @param shape {@code [rows, …]}
     * @param values of that shape; not to be changed
     * @return what goes on: {@code values} itself if nothing was replaced, else as many others
     */
    float[] visit(Site site, int firstRow, Shape shape, float[] values);
  }

  private final Backend backend;
  private final Gpt2Config config;
  private final Weights weights;
  private final Workspace workspace;
  private final int positions;
  private final Visitor visitor;
  private int firstRow; // of the chunk
  private int nextRow; // the one after the chunk
  private int headRow; // the next one whose logits are computed
  private int layer;

  /**
   * For one evaluation, in any number of chunks.
   *
   * @param workspace in which it is evaluated
   * @param positions how many of them are shown of what attention gives to each: as many as the
   *     longest sequence has in the end
   */
  public ProbedOperations(
      Backend backend,
      Gpt2Config config,
      Weights weights,
      Workspace workspace,
      int positions,
      Visitor visitor) {
    super(backend.operations());
    this.backend = backend;
    this.config = config;
    this.weights = weights;
    this.workspace = workspace;
    this.positions = positions;
    this.visitor = visitor;
  }

  @Override
  public void embed(Tensor out, TokenBatch batch, EmbeddingTable wte, EmbeddingTable wpe) {
    firstRow = nextRow;
    headRow = firstRow;
    nextRow += batch.rows();
    layer = 0;
    to.embed(out, batch, wte, wpe);
  }

  @Override
  public void layerNorm(Tensor out, Tensor x, Tensor gain, Tensor bias, float epsilon) {
    boolean isLast = layer == config.layers();
    boolean isFirst = !isLast && gain == block().ln1().gain();
    if (isFirst) {
      visit(Hook.RESID_PRE, x);
    }
    to.layerNorm(out, x, gain, bias, epsilon);
    if (isLast) {
      visit(Hook.LN_FINAL_OUT, headRow, out, out.shape());
    } else {
      visit(isFirst ? Hook.LN1_OUT : Hook.LN2_OUT, out);
    }
  }

  @Override
  public void linear(Tensor out, Tensor x, LinearWeights by, Epilogue epilogue) {
    if (by == block().attnCAttn()) {
      to.linear(out, x, by, epilogue);
      visitPart(Hook.Q, out, 0);
      visitPart(Hook.K, out, 1);
      visitPart(Hook.V, out, 2);
    } else if (by == block().attnCProj()) {
      addTo(out, x, by, epilogue, Hook.ATTN_OUT);
      visit(Hook.RESID_MID, out);
    } else if (by == block().mlpCFc()) {
      if (wants(Hook.MLP_PRE)) {
        show(Hook.MLP_PRE, firstRow, out.shape(), product(x, by));
      }
      to.linear(out, x, by, epilogue);
      visit(Hook.MLP_POST, out);
    } else {
      addTo(out, x, by, epilogue, Hook.MLP_OUT);
      visit(Hook.RESID_POST, out);
      if (wants(Hook.LOGIT_LENS)) {
        workspace.logits(
            out,
            0,
            out.shape().rows(),
            (logits, first) ->
                show(
                    Hook.LOGIT_LENS,
                    firstRow + first,
                    logits.shape(),
                    HostFloats.read(backend, logits)));
      }
      layer++;
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
    Shape shape = Shape.of(batch.rows(), cache.spec().heads(), cache.spec().capacity());
    try (Resources stored = new Resources()) {
      Tensor scores = wants(Hook.SCORES) ? stored.add(allocate(shape)) : null;
      Tensor pattern = wants(Hook.PATTERN) ? stored.add(allocate(shape)) : null;
      to.attention(out, qkv, cache, layer, batch, scale, new AttentionProbe(scores, pattern));
      showPositions(Hook.SCORES, scores, cache.spec());
      showPositions(Hook.PATTERN, pattern, cache.spec());
    }
    visit(Hook.Z, firstRow, out, heads(out.shape().rows()));
  }

  @Override
  public void logits(Tensor out, Tensor x, EmbeddingTable head) {
    to.logits(out, x, head);
    if (wants(Hook.LOGITS)) {
      show(Hook.LOGITS, headRow, out.shape(), HostFloats.read(backend, out));
    }
    headRow += out.shape().rows();
  }

  private Weights.Block block() {
    return weights.blocks().get(layer);
  }

  private boolean wants(Hook hook) {
    return visitor.wants(hook.at(layer));
  }

  private void visit(Hook hook, Tensor tensor) {
    visit(hook, firstRow, tensor, tensor.shape());
  }

  private void visit(Hook hook, int first, Tensor tensor, Shape shape) {
    if (wants(hook)) {
      float[] values = HostFloats.read(backend, tensor);
      float[] after = visitor.visit(hook.at(layer), first, shape, values);
      if (after != values) {
        HostFloats.write(backend, tensor, after);
      }
    }
  }

  /** Values from which nothing is computed. */
  private void show(Hook hook, int first, Shape shape, float[] values) {
    visitor.visit(hook.at(layer), first, shape, values);
  }

  /** Queries, keys or values, which lie side by side in each row. */
  private void visitPart(Hook hook, Tensor qkv, int part) {
    if (!wants(hook)) {
      return;
    }
    int rows = qkv.shape().rows();
    int width = config.embeddingWidth();
    float[] all = HostFloats.read(backend, qkv); // [rows, 3, C]
    float[] values = new float[rows * width];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(all, (3 * row + part) * width, values, row * width, width);
    }
    float[] after = visitor.visit(hook.at(layer), firstRow, heads(rows), values);
    if (after != values) {
      for (int row = 0; row < rows; row++) {
        System.arraycopy(after, row * width, all, (3 * row + part) * width, width);
      }
      HostFloats.write(backend, qkv, all);
    }
  }

  /**
   * A product that is added to x as it is computed, and so must be computed once more to be seen.
   * Rows of it that are replaced are added here; the others have the bits that they always have.
   */
  private void addTo(Tensor x, Tensor in, LinearWeights by, Epilogue epilogue, Hook hook) {
    if (!wants(hook)) {
      to.linear(x, in, by, epilogue);
      return;
    }
    float[] product = product(in, by);
    float[] after = visitor.visit(hook.at(layer), firstRow, x.shape(), product);
    if (after == product) {
      to.linear(x, in, by, epilogue);
      return;
    }
    float[] before = HostFloats.read(backend, x);
    to.linear(x, in, by, epilogue);
    float[] sums = HostFloats.read(backend, x);
    int width = config.embeddingWidth();
    for (int from = 0; from < sums.length; from += width) {
      int end = from + width;
      if (!Arrays.equals(product, from, end, after, from, end)) {
        for (int i = from; i < end; i++) {
          sums[i] = before[i] + after[i];
        }
      }
    }
    HostFloats.write(backend, x, sums);
  }

  private float[] product(Tensor x, LinearWeights by) {
    try (Tensor out = allocate(Shape.of(x.shape().rows(), by.outputs()))) {
      to.linear(out, x, by, Epilogue.NONE);
      return HostFloats.read(backend, out);
    }
  }

  /** What lies as {@code [rows, heads, capacity]}, without the positions that no sequence has. */
  private void showPositions(Hook hook, @Nullable Tensor tensor, KvCacheSpec spec) {
    if (tensor == null) {
      return;
    }
    float[] all = HostFloats.read(backend, tensor);
    int rows = tensor.shape().rows() * spec.heads();
    float[] values = new float[rows * positions];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(all, row * spec.capacity(), values, row * positions, positions);
    }
    show(hook, firstRow, Shape.of(tensor.shape().rows(), spec.heads(), positions), values);
  }

  private Shape heads(int rows) {
    return Shape.of(rows, config.heads(), config.headSize());
  }

  private Tensor allocate(Shape shape) {
    return backend.allocate(DataType.F32, shape, Usage.ACTIVATION);
  }
}
