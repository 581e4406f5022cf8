package gpt2j.model.gpt2;

import java.util.List;
import java.util.OptionalDouble;

/**
 * How probable a model finds a text. Logarithms are natural.
 *
 * @param tokens each token in turn
 * @param meanNll mean negative log-probability of all tokens but the first
 * @param perplexity {@code exp(meanNll)}
 */
public record Score(List<TokenScore> tokens, double meanNll, double perplexity) {
  public Score {
    tokens = List.copyOf(tokens);
  }

  /**
   * One token of the text.
   *
   * @param token the token
   * @param logprob its log-probability after the tokens before it; empty for the first, which has
   *     none before it
   * @param top the most probable tokens in its place, best first, as many as were asked for; empty
   *     for the first
   */
  public record TokenScore(int token, OptionalDouble logprob, List<TokenLogprob> top) {
    public TokenScore {
      top = List.copyOf(top);
    }
  }

  /** A token and its log-probability. */
  public record TokenLogprob(int token, double logprob) {}
}
