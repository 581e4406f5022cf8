package gpt2j.testkit;

import gpt2j.api.Philox;
import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import java.util.Arrays;

/** {@link SamplingParameters}, step by step. A token that is out has score −∞. */
final class Sampler {
  private static final double OUT = Double.NEGATIVE_INFINITY;

  private Sampler() {}

  static int draw(
      SamplingParameters parameters, float[] logits, History history, int draw, long stream) {
    if (!isDistribution(logits, history)) {
      return SamplingState.NO_TOKEN;
    }
    double[] scores = scores(parameters, logits, history);
    if (parameters.temperature() > 0) {
      double[] noise = noise(parameters.seed(), draw, stream, scores.length);
      for (int token = 0; token < scores.length; token++) {
        scores[token] += noise[token];
      }
    }
    return largest(scores);
  }

  private static boolean isDistribution(float[] logits, History history) {
    boolean possible = false;
    for (int token = 0; token < logits.length; token++) {
      float logit = logits[token];
      if (Float.isNaN(logit) || logit == Float.POSITIVE_INFINITY) {
        return false;
      }
      possible |= logit != Float.NEGATIVE_INFINITY && history.allows(token);
    }
    return possible;
  }

  /** Steps 1 to 4. */
  static double[] adjusted(SamplingParameters parameters, float[] logits, History history) {
    double[] scores = new double[logits.length];
    for (int token = 0; token < scores.length; token++) {
      double score = logits[token] + (double) parameters.logitBias().getOrDefault(token, 0f);
      if (history.seen().get(token)) {
        double penalty = parameters.repetitionPenalty();
        score = score > 0 ? score / penalty : score * penalty;
      }
      int count = history.drawn().getOrDefault(token, 0);
      if (count > 0) {
        score -= parameters.presencePenalty() + (double) parameters.frequencyPenalty() * count;
      }
      scores[token] = history.allows(token) ? score : OUT;
    }
    return scores;
  }

  /** What the noise is added to: steps 1 to 8. */
  static double[] scores(SamplingParameters parameters, float[] logits, History history) {
    double[] scores = adjusted(parameters, logits, history);
    if (parameters.temperature() > 0) {
      for (int token = 0; token < scores.length; token++) {
        scores[token] /= parameters.temperature();
      }
      if (parameters.topK() > 0) {
        keepLargest(scores, parameters.topK());
      }
      if (parameters.topP() < 1) {
        keepLargest(scores, nucleus(scores, parameters.topP()));
      }
      if (parameters.minP() > 0) {
        keepFrom(scores, scores[largest(scores)] + Math.log(parameters.minP()));
      }
    }
    return scores;
  }

  /** Only the {@code count} largest stay, among equals the lower token first. */
  private static void keepLargest(double[] scores, int count) {
    if (count >= scores.length) {
      return;
    }
    double[] ascending = ascending(scores);
    double least = ascending[scores.length - count];
    int larger = 0;
    for (double score : scores) {
      if (score > least) {
        larger++;
      }
    }
    int equals = count - larger;
    for (int token = 0; token < scores.length; token++) {
      boolean stays = scores[token] > least || (scores[token] == least && equals-- > 0);
      if (!stays) {
        scores[token] = OUT;
      }
    }
  }

  /** How many of the most probable tokens it takes for a sum of {@code p} or more. */
  private static int nucleus(double[] scores, double p) {
    double[] ascending = ascending(scores);
    double largest = ascending[ascending.length - 1];
    double total = 0;
    for (double score : ascending) {
      total += Math.exp(score - largest);
    }
    double sum = 0;
    int count = 0;
    while (count < ascending.length && sum < p * total) {
      count++;
      sum += Math.exp(ascending[ascending.length - count] - largest);
    }
    return count;
  }

  private static void keepFrom(double[] scores, double least) {
    for (int token = 0; token < scores.length; token++) {
      if (scores[token] < least) {
        scores[token] = OUT;
      }
    }
  }

  static double[] noise(long seed, int draw, long stream, int count) {
    double[] noise = new double[count];
    int[] words = new int[Philox.WORDS];
    for (int token = 0; token < count; token++) {
      int word = token % Philox.WORDS;
      if (word == 0) {
        Philox.words(seed, token / Philox.WORDS, draw, stream, words);
      }
      noise[token] = Philox.gumbel(words[word]);
    }
    return noise;
  }

  /** The token with the largest score, the lowest among equals. */
  static int largest(double[] scores) {
    int best = 0;
    for (int token = 1; token < scores.length; token++) {
      if (scores[token] > scores[best]) {
        best = token;
      }
    }
    return best;
  }

  private static double[] ascending(double[] scores) {
    double[] sorted = scores.clone();
    Arrays.sort(sorted);
    return sorted;
  }
}
