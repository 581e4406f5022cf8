package gpt2j.model.gpt2.inference;

import gpt2j.api.Backend;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.memory.Resources;
import org.jspecify.annotations.Nullable;

/**
 * Memory for the intermediate results of a forward pass, allocated once for the largest number of
 * rows and used by all blocks in turn. {@code C} is the embedding width.
 */
final class Activations implements AutoCloseable {
  /**
   * The same memory for n rows.
   *
   * @param x {@code [n, C]}: the residual stream
   * @param y {@code [n, C]}: the input of a matrix product: a norm's or attention's result
   * @param qkv {@code [n, 3C]}: queries, keys and values
   * @param fc {@code [n, n_inner]}: the MLP's inner layer
   */
  record Rows(Tensor x, Tensor y, Tensor qkv, Tensor fc) {}

  private final Resources resources = new Resources();
  private final Rows all;
  private final @Nullable Rows[] views;

  Activations(Backend backend, Gpt2Config config, int rows) {
    int width = config.embeddingWidth();
    try {
      all =
          new Rows(
              allocate(backend, rows, width),
              allocate(backend, rows, width),
              allocate(backend, rows, 3 * width),
              allocate(backend, rows, config.innerWidth()));
    } catch (RuntimeException e) {
      resources.closeAfter(e);
      throw e;
    }
    views = new Rows[rows + 1];
  }

  /** Bytes of the activations of so many rows. */
  static long bytes(Gpt2Config config, int rows) {
    return (5L * config.embeddingWidth() + config.innerWidth()) * rows * Float.BYTES;
  }

  private Tensor allocate(Backend backend, int rows, int width) {
    return resources.add(backend.allocate(DataType.F32, Shape.of(rows, width), Usage.ACTIVATION));
  }

  /** The largest number of rows. */
  int rows() {
    return views.length - 1;
  }

  /** The first {@code count} rows of each; the same object each time. */
  Rows first(int count) {
    Rows view = views[count];
    if (view == null) {
      view =
          new Rows(
              all.x.rows(0, count),
              all.y.rows(0, count),
              all.qkv.rows(0, count),
              all.fc.rows(0, count));
      views[count] = view;
    }
    return view;
  }

  @Override
  public void close() {
    resources.close();
  }
}
