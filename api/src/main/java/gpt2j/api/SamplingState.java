package gpt2j.api;

/**
 * What sampling keeps between draws, one entry per row of logits: the random stream, the number of
 * the next draw, the tokens seen. It lives with the backend, so that drawing needs no host.
 */
public interface SamplingState extends AutoCloseable {
  /** What is drawn where logits are no numbers to draw from: no token. */
  int NO_TOKEN = -1;

  /** Rows of logits that are drawn from together. */
  int rows();

  /** Tokens to choose from. */
  int vocabulary();

  SamplingParameters parameters();

  /**
   * Starts a row anew, in order with the operations queued.
   *
   * @param row which row
   * @param stream its random stream; equal streams of one seed draw equal numbers
   * @param draw the number of the next draw, counted from 0
   * @param seen tokens that count as seen; only the repetition penalty asks for them
   * @throws IllegalArgumentException when there is no such row or token
   */
  void reset(int row, long stream, int draw, int... seen);

  @Override
  void close();
}
