package gpt2j.api;

/**
 * Sampled tokens, or {@link SamplingState#NO_TOKEN}, on their way to the host. {@link
 * Operations#advance(TokenBatch, Tensor, TokenQueue)} puts an entry in, a token per row; the host
 * takes entries out in the same order. So it learns what was drawn in one step while the steps
 * behind are under way already.
 *
 * <p>At most {@code depth() + 1} entries may be put in, or queued to be, and not taken out.
 */
public interface TokenQueue extends AutoCloseable {
  /** Tokens of one entry. */
  int rows();

  /**
   * How many steps it is worth queuing behind the one whose tokens the host waits for; 0 where a
   * step is done when its call returns.
   */
  int depth();

  /**
   * Waits for the oldest entry and takes it out. Needs no {@link Backend#lock lock}.
   *
   * @param tokens room for {@link #rows} tokens
   * @throws IllegalStateException when no entry is under way
   * @throws DeviceFailureException when the entry will never come
   */
  void take(int[] tokens);

  /** Forgets all entries, those under way too. */
  void clear();

  @Override
  void close();
}
