package gpt2j.backend.cpu.sampling;

import gpt2j.api.Philox;
import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.backend.cpu.simd.Memory;

/**
 * One draw: the token with the largest sum of logit over temperature and Gumbel noise. {@link
 * SamplingState#NO_TOKEN} where logits are no numbers.
 */
final class GumbelDraw {
  private static final double LN_2 = Math.log(2);

  private final long seed;
  private final double temperature;
  private final long stream;
  private final int draw;
  private final int[] words = new int[Philox.WORDS];
  private int block = -1;
  private int best = SamplingState.NO_TOKEN;
  private boolean numbers = true;
  private double bestSum = Double.NEGATIVE_INFINITY;

  GumbelDraw(SamplingParameters parameters, long stream, int draw) {
    seed = parameters.seed();
    temperature = parameters.temperature();
    this.stream = stream;
    this.draw = draw;
  }

  /** Of all tokens. */
  int ofAll(long logits, int vocabulary) {
    for (int token = 0; token < vocabulary; token++) {
      consider(token, logits);
    }
    return numbers ? best : SamplingState.NO_TOKEN;
  }

  /** Of some tokens, whose logits are numbers; {@link SamplingState#NO_TOKEN} of none. */
  int of(int[] tokens, long logits) {
    for (int token : tokens) {
      consider(token, logits);
    }
    return best;
  }

  private void consider(int token, long logits) {
    if (token / Philox.WORDS != block) {
      block = token / Philox.WORDS;
      Philox.words(seed, block, draw, stream, words);
    }
    int word = words[token % Philox.WORDS];
    double logit = Memory.get(logits + (long) token * Float.BYTES) / temperature;
    // −ln(−ln u) ≤ −ln(1 − u), and 1 − u is at least two to the power of minus the ones that word
    // begins with, minus one. So nearly all tokens are out before a logarithm is taken.
    double largestNoise = (1 + Integer.numberOfLeadingZeros(~word)) * LN_2;
    if (logit + largestNoise < bestSum) {
      return;
    }
    double sum = logit + Philox.gumbel(word);
    if (sum > bestSum) {
      bestSum = sum;
      best = token;
    }
    numbers &= sum < Double.POSITIVE_INFINITY; // what is no number always comes to this
  }
}
