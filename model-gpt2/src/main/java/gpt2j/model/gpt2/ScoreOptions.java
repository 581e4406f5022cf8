package gpt2j.model.gpt2;

import java.util.OptionalInt;

/**
 * How to score a text.
 *
 * @param stride for a text longer than the context: how many tokens each window of {@code n_ctx}
 *     tokens is ahead of the one before; empty for half the context. Only what a window adds is
 *     scored, so each of its tokens has at least {@code n_ctx - stride} tokens before it.
 * @param topLogprobs how many of the most probable tokens to report in each token's place
 * @param progress told after each window
 */
public record ScoreOptions(OptionalInt stride, int topLogprobs, Progress progress) {
  /** Told how far scoring has come. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Called on the scoring thread.
     *
     * @param tokens scored so far
     * @param total all of them
     */
    void scored(long tokens, long total);
  }

  public ScoreOptions {
    if (stride.isPresent() && stride.getAsInt() < 1) {
      throw new IllegalArgumentException("stride must be 1 or more, not " + stride.getAsInt());
    }
    if (topLogprobs < 0) {
      throw new IllegalArgumentException("top logprobs must be 0 or more, not " + topLogprobs);
    }
  }

  /** Windows half a context apart, no top log-probabilities, nobody told. */
  public static ScoreOptions defaults() {
    return new ScoreOptions(OptionalInt.empty(), 0, (tokens, total) -> {});
  }

  public ScoreOptions withStride(int stride) {
    return new ScoreOptions(OptionalInt.of(stride), topLogprobs, progress);
  }

  public ScoreOptions withTopLogprobs(int topLogprobs) {
    return new ScoreOptions(stride, topLogprobs, progress);
  }

  public ScoreOptions withProgress(Progress progress) {
    return new ScoreOptions(stride, topLogprobs, progress);
  }
}
