package gpt2j.model.gpt2.data;

import gpt2j.api.Words;
import java.util.Arrays;

/**
 * The batches that a run draws from a sequence of tokens, in some order. Batch k is a function of k
 * and of what these batches were made of, and of nothing else: a run that is resumed needs to know
 * no more than the number of its next batch.
 *
 * <p>A batch has B rows of T tokens. Row r, column t of the inputs is element {@code r·T + t}; the
 * targets are the tokens after them. Any number of threads may fill batches.
 */
public final class Batches {
  /** The target of a place that doesn't count: at the ends of {@link #inOrder}. */
  public static final int IGNORED = -100;

  private final TokenSequence tokens;
  private final int rows;
  private final int length;
  private final long perPass;
  private final Places places;

  /** Where rows begin in the sequence. */
  @FunctionalInterface
  private interface Places {
    long of(long batch, int row);
  }

  private Batches(TokenSequence tokens, int rows, int length, long perPass, Places places) {
    Math.multiplyExact(rows, length);
    this.tokens = tokens;
    this.rows = rows;
    this.length = length;
    this.perPass = perPass;
    this.places = places;
  }

  /**
   * Rows from random places, each place as likely as every other, as in nanoGPT.
   *
   * @throws DataException when the sequence has no more than {@code length} tokens
   */
  public static Batches random(TokenSequence tokens, int rows, int length, long seed) {
    requireRows(rows, length);
    long places = tokens.size() - length;
    if (places < 1) {
      throw new DataException(
          "%s, too few for rows of %d and the token after"
              .formatted(Words.count(tokens.size(), "token"), length));
    }
    long perPass = Math.max(1, tokens.size() / ((long) rows * length));
    Draws draws = new Draws(seed, Draws.PLACES);
    return new Batches(
        tokens, rows, length, perPass, (batch, row) -> draws.below(places, batch, row));
  }

  /**
   * Windows that begin every {@code stride} tokens, each once a pass, in an order that is random
   * and another one in each pass; what doesn't fill a batch at the end of a pass is left out. As in
   * Raschka 2024, <em>Build a Large Language Model (From Scratch)</em>, section 2.6, with shuffle
   * and drop_last.
   *
   * @param stride from one window to the next: {@code length}, so that each token is read once, or
   *     less, so that windows overlap, or more, so that some tokens are skipped
   * @throws DataException when there aren't enough tokens for one batch
   */
  public static Batches windows(TokenSequence tokens, int rows, int length, int stride, long seed) {
    if (stride < 1) {
      throw new IllegalArgumentException("a stride is 1 or more, not " + stride);
    }
    requireRows(rows, length);
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
    Shuffle order = new Shuffle(new Draws(seed, Draws.ORDER), windows);
    long perPass = windows / rows;
    return new Batches(
        tokens,
        rows,
        length,
        perPass,
        (batch, row) -> order.at(batch / perPass, batch % perPass * rows + row) * stride);
  }

  /**
   * Windows in the order of the sequence without overlap, for evaluation: in a pass, each token but
   * the first is the target of exactly one place. The last row and the last batch are filled up
   * with token 0 and {@link #IGNORED}. After a pass it begins again.
   *
   * @throws DataException when the sequence has fewer than 2 tokens
   */
  public static Batches inOrder(TokenSequence tokens, int rows, int length) {
    requireRows(rows, length);
    long targets = tokens.size() - 1;
    if (targets < 1) {
      throw new DataException(
          Words.count(tokens.size(), "token") + ", too few: one must be there and one after it");
    }
    long windows = (targets - 1) / length + 1;
    long perPass = (windows - 1) / rows + 1;
    return new Batches(
        tokens, rows, length, perPass, (batch, row) -> (batch % perPass * rows + row) * length);
  }

  private static void requireRows(int rows, int length) {
    if (rows < 1 || length < 1) {
      throw new IllegalArgumentException(
          "a batch has 1 row or more of 1 token or more, not %d of %d".formatted(rows, length));
    }
  }

  /** B, rows of a batch. */
  public int rows() {
    return rows;
  }

  /** T, tokens of a row. */
  public int length() {
    return length;
  }

  /**
   * Batches of one pass over the sequence: of all windows once, or, of random places, as many as
   * have as many tokens as the sequence; at least 1. Numbers go on after them.
   */
  public long perPass() {
    return perPass;
  }

  /**
   * Stores batch {@code number}.
   *
   * @param number 0 or more
   * @param inputs {@code [B·T]} token ids
   * @param targets {@code [B·T]} token ids, or {@link #IGNORED}
   * @throws DataException when a token isn't in the vocabulary
   */
  public void fill(long number, int[] inputs, int[] targets) {
    if (number < 0) {
      throw new IllegalArgumentException("batches are counted from 0, not " + number);
    }
    if (inputs.length != rows * length || targets.length != rows * length) {
      throw new IllegalArgumentException(
          "a batch of %d rows of %d tokens doesn't go into %d inputs and %d targets"
              .formatted(rows, length, inputs.length, targets.length));
    }
    for (int row = 0; row < rows; row++) {
      read(row, places.of(number, row), inputs, targets);
    }
  }

  /** Reads a row that begins at token {@code start}; what there isn't is ignored. */
  private void read(int row, long start, int[] inputs, int[] targets) {
    int from = row * length;
    int present = Math.clamp(tokens.size() - 1 - start, 0, length);
    if (present > 0) {
      tokens.read(start, inputs, from, present);
      tokens.read(start + 1, targets, from, present);
    }
    Arrays.fill(inputs, from + present, from + length, 0);
    Arrays.fill(targets, from + present, from + length, IGNORED);
  }
}
