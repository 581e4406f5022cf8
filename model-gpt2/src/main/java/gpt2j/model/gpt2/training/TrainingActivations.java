package gpt2j.model.gpt2.training;

import gpt2j.api.Backend;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.memory.Resources;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory for one forward and backward pass over B sequences of T tokens, n = B·T rows, allocated
 * once. Of each block it holds what the backward pass needs; gradients of activations share the
 * memory of one block.
 */
final class TrainingActivations implements AutoCloseable {
  /** So many logits are held at a time at most: 256 MiB. With 50257 tokens, of 1335 rows. */
  static final int MOST_LOGITS = 1 << 26;

  /** Result of a layer norm, [n, C], and each row's mean and 1/deviation, [n]. */
  record Norm(Tensor out, Tensor mean, Tensor rstd) {}

  /**
   * What a block keeps.
   *
   * @param x {@code [n, C]}: the residual stream on entry
   * @param ln1 input of c_attn
   * @param qkv {@code [n, 3C]}
   * @param attention {@code [n, C]}: input of attn.c_proj
   * @param logSumExp {@code [n, heads]}
   * @param middle {@code [n, C]}: the residual stream between attention and MLP
   * @param ln2 input of c_fc
   * @param fc {@code [n, n_inner]}: input of GELU
   * @param gelu {@code [n, n_inner]}: input of mlp.c_proj; one for all blocks when it is recomputed
   * @param out {@code [n, C]}: the residual stream on exit, which is the next block's x
   */
  record Block(
      Tensor x,
      Norm ln1,
      Tensor qkv,
      Tensor attention,
      Tensor logSumExp,
      Tensor middle,
      Norm ln2,
      Tensor fc,
      Tensor gelu,
      Tensor out) {}

  /**
   * Gradients of activations.
   *
   * @param x {@code [n, C]}: of the residual stream
   * @param y {@code [n, C]}: of a norm's result, or of what a branch adds to the residual stream
   * @param qkv {@code [n, 3C]}
   * @param attention {@code [n, C]}
   * @param fc {@code [n, n_inner]}: of GELU's result, then of its input
   */
  record Gradients(Tensor x, Tensor y, Tensor qkv, Tensor attention, Tensor fc) {}

  /**
   * Some rows on their way through the output head: the logits of all would be the largest tensor
   * by far.
   *
   * @param y {@code [m, C]}: result of the final norm
   * @param yGradient {@code [m, C]}
   * @param logits {@code [m, V]}, then their gradient
   * @param targets I32 {@code [m]}
   * @param losses {@code [m]}
   */
  record HeadRows(Tensor y, Tensor yGradient, Tensor logits, Tensor targets, Tensor losses) {}

  private final Resources resources = new Resources();
  private final Backend backend;
  private final int rows;
  private final Tensor tokens; // I32 [n]
  private final Tensor targets; // I32 [n]
  private final Tensor losses; // [n]
  private final List<Block> blocks = new ArrayList<>();
  private final Norm lnF;
  private final Gradients gradients;
  private final List<HeadRows> head = new ArrayList<>();

  /**
   * Allocates all of it.
   *
   * @param mostLogits elements of the logits held at a time, but those of one row at least
   */
  TrainingActivations(Backend backend, Gpt2Config config, TrainingOptions options, int mostLogits) {
    this.backend = backend;
    rows = options.rows();
    try {
      tokens = resources.add(backend.allocate(DataType.I32, Shape.of(rows), Usage.IO));
      targets = resources.add(backend.allocate(DataType.I32, Shape.of(rows), Usage.IO));
      losses = resources.add(backend.allocate(DataType.F32, Shape.of(rows), Usage.IO));
      addBlocks(config, options.recompute() == Recompute.GELU);
      lnF = norm(config.embeddingWidth());
      gradients = gradients(config);
      addHead(config.vocabularySize(), mostLogits);
    } catch (RuntimeException | Error e) {
      resources.closeAfter(e);
      throw e;
    }
  }

  /** Bytes of all that the constructor allocates. */
  static long bytes(Gpt2Config config, TrainingOptions options, int mostLogits) {
    long width = config.embeddingWidth();
    long inner = config.innerWidth();
    long norm = width + 2;
    boolean sharedGelu = options.recompute() == Recompute.GELU;
    long block = 6 * width + 2 * norm + config.heads() + inner + (sharedGelu ? 0 : inner);
    long gradients = 6 * width + inner;
    long row = 3 + width + config.layers() * block + (sharedGelu ? inner : 0) + norm + gradients;
    int rows = options.rows();
    long head = logitsRows(config.vocabularySize(), mostLogits, rows);
    return (rows * row + head * config.vocabularySize()) * Float.BYTES;
  }

  private static int logitsRows(int vocabulary, int mostLogits, int rows) {
    return Math.clamp(mostLogits / vocabulary, 1, rows);
  }

  private void addBlocks(Gpt2Config config, boolean sharedGelu) {
    int width = config.embeddingWidth();
    Tensor x = allocate(width);
    Tensor gelu = allocate(config.innerWidth());
    for (int layer = 0; layer < config.layers(); layer++) {
      Block block =
          new Block(
              x,
              norm(width),
              allocate(3 * width),
              allocate(width),
              allocate(config.heads()),
              allocate(width),
              norm(width),
              allocate(config.innerWidth()),
              sharedGelu || layer == 0 ? gelu : allocate(config.innerWidth()),
              allocate(width));
      blocks.add(block);
      x = block.out();
    }
  }

  private Gradients gradients(Gpt2Config config) {
    int width = config.embeddingWidth();
    return new Gradients(
        allocate(width),
        allocate(width),
        allocate(3 * width),
        allocate(width),
        allocate(config.innerWidth()));
  }

  private void addHead(int vocabulary, int mostLogits) {
    int most = logitsRows(vocabulary, mostLogits, rows);
    Shape shape = Shape.of(most, vocabulary);
    Tensor logits = resources.add(backend.allocate(DataType.F32, shape, Usage.ACTIVATION));
    for (int first = 0; first < rows; first += most) {
      int count = Math.min(most, rows - first);
      head.add(
          new HeadRows(
              lnF.out().rows(first, count),
              gradients.y().rows(first, count),
              logits.rows(0, count),
              targets.rows(first, count),
              losses.rows(first, count)));
    }
  }

  private Norm norm(int width) {
    return new Norm(allocate(width), vector(), vector());
  }

  private Tensor vector() {
    return resources.add(backend.allocate(DataType.F32, Shape.of(rows), Usage.ACTIVATION));
  }

  private Tensor allocate(int width) {
    return resources.add(backend.allocate(DataType.F32, Shape.of(rows, width), Usage.ACTIVATION));
  }

  /** I32 {@code [n]}: what goes in. */
  Tensor tokens() {
    return tokens;
  }

  /** I32 {@code [n]}: what should come out. */
  Tensor targets() {
    return targets;
  }

  /** {@code [n]}, in nats. */
  Tensor losses() {
    return losses;
  }

  /** First to last. */
  List<Block> blocks() {
    return blocks;
  }

  /** Input of the output head. */
  Norm lnF() {
    return lnF;
  }

  Gradients gradients() {
    return gradients;
  }

  /** All rows, some at a time. */
  List<HeadRows> head() {
    return head;
  }

  @Override
  public void close() {
    resources.close();
  }
}
