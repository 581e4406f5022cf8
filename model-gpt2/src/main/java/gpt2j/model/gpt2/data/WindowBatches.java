package gpt2j.model.gpt2.data;

import gpt2j.api.Words;
import org.jspecify.annotations.Nullable;

/** Windows at regular places. */
final class WindowBatches implements Batches {
  private final Rows rows;
  private final int stride;
  private final long windows;
  private final long perPass;
  private final @Nullable Shuffle shuffle;

  private WindowBatches(
      Rows rows, int stride, long windows, long perPass, @Nullable Shuffle shuffle) {
    this.rows = rows;
    this.stride = stride;
    this.windows = windows;
    this.perPass = perPass;
    this.shuffle = shuffle;
  }

  static Batches shuffled(TokenSequence tokens, int rows, int length, int stride, long seed) {
    if (stride < 1) {
      throw new IllegalArgumentException("a stride is 1 or more, not " + stride);
    }
    Rows reader = new Rows(tokens, rows, length);
    long places = tokens.size() - length;
    long windows = places < 1 ? 0 : (places - 1) / stride + 1;
    if (windows < rows) {
      throw new DataException(
          "%s, too few for a batch of %s of %s, %d apart: there is room for %d"
              .formatted(
                  Words.count(tokens.size(), "token"),
                  Words.count(rows, "window"),
                  Words.count(length, "token"),
                  stride,
                  windows));
    }
    Shuffle shuffle = new Shuffle(new Draws(seed, Draws.ORDER), windows);
    return new WindowBatches(reader, stride, windows, windows / rows, shuffle);
  }

  static Batches inOrder(TokenSequence tokens, int rows, int length) {
    Rows reader = new Rows(tokens, rows, length);
    long targets = tokens.size() - 1;
    if (targets < 1) {
      throw new DataException(
          Words.count(tokens.size(), "token") + ", too few: one must be there and one after it");
    }
    long windows = (targets - 1) / length + 1;
    return new WindowBatches(reader, length, windows, (windows - 1) / rows + 1, null);
  }

  @Override
  public int rows() {
    return rows.count();
  }

  @Override
  public int length() {
    return rows.length();
  }

  @Override
  public long perPass() {
    return perPass;
  }

  @Override
  public void fill(long number, int[] inputs, int[] targets) {
    rows.check(number, inputs, targets);
    long pass = number / perPass;
    long first = number % perPass * rows.count();
    for (int row = 0; row < rows.count(); row++) {
      long window = first + row;
      // Past the last window there is nothing: Rows ignores it.
      rows.read(row, shuffle == null ? window * stride : place(pass, window), inputs, targets);
    }
  }

  private long place(long pass, long window) {
    return shuffle.at(pass, window) * stride;
  }
}
