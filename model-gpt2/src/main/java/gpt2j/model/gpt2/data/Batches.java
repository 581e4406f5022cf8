package gpt2j.model.gpt2.data;

/**
 * The batches that a run draws from a sequence of tokens, in some order. Batch k is a function of k
 * and of what these batches were made of, and of nothing else: a run that is resumed needs to know
 * no more than the number of its next batch.
 *
 * <p>A batch has B rows of T tokens. Row r, column t of the inputs is element {@code r·T + t}; the
 * targets are the tokens after them. Any number of threads may fill batches.
 */
public sealed interface Batches permits RandomBatches, WindowBatches {
  /** The target of a place that doesn't count: at the ends of {@link #inOrder}. */
  int IGNORED = -100;

  /** B, rows of a batch. */
  int rows();

  /** T, tokens of a row. */
  int length();

  /**
   * Batches of one pass over the sequence: of all windows once, or, of random places, as many as
   * have as many tokens as the sequence; at least 1. Numbers go on after them.
   */
  long perPass();

  /**
   * Stores batch {@code number}.
   *
   * @param number 0 or more
   * @param inputs {@code [B·T]} token ids
   * @param targets {@code [B·T]} token ids, or {@link #IGNORED}
   * @throws DataException when a token isn't in the vocabulary
   */
  void fill(long number, int[] inputs, int[] targets);

  /**
   * Rows from random places, each place as likely as every other, as in nanoGPT.
   *
   * @throws DataException when the sequence has no more than {@code length} tokens
   */
  static Batches random(TokenSequence tokens, int rows, int length, long seed) {
    return new RandomBatches(tokens, rows, length, seed);
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
  static Batches windows(TokenSequence tokens, int rows, int length, int stride, long seed) {
    return WindowBatches.shuffled(tokens, rows, length, stride, seed);
  }

  /**
   * Windows in the order of the sequence without overlap, for evaluation: in a pass, each token but
   * the first is the target of exactly one place. The last row and the last batch are filled up
   * with token 0 and {@link #IGNORED}. After a pass it begins again.
   *
   * @throws DataException when the sequence has fewer than 2 tokens
   */
  static Batches inOrder(TokenSequence tokens, int rows, int length) {
    return WindowBatches.inOrder(tokens, rows, length);
  }
}
