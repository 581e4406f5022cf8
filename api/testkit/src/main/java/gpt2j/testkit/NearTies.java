package gpt2j.testkit;

import gpt2j.api.SamplingParameters;
import java.util.Arrays;

/**
 * Which tokens a backend may draw that rounds otherwise than float64: those whose score comes so
 * near to the winner's that rounding may turn it, and that the filters may keep. For temperatures
 * above 0; without noise nothing is rounded.
 */
final class NearTies {
  /** Absolute and relative error of a score {@code l/T}, and absolute error of its noise. */
  private static final double SCORE_ERROR = 1e-6;

  private static final double NOISE_ERROR = 2e-6;

  /** Error of a sum of probabilities. */
  private static final double SUM_ERROR = 1e-5;

  private final double[] scores;
  private final double[] noise;
  private final boolean[] mayStay;
  private final boolean[] surelyStays;

  NearTies(SamplingParameters parameters, float[] logits, History history, int draw, long stream) {
    int vocabulary = logits.length;
    scores = Sampler.adjusted(parameters, logits, history);
    for (int token = 0; token < vocabulary; token++) {
      scores[token] /= parameters.temperature();
    }
    mayStay = new boolean[vocabulary];
    surelyStays = new boolean[vocabulary];
    noise = Sampler.noise(parameters.seed(), draw, stream, vocabulary);
    filter(parameters);
  }

  /** Whether a backend may draw the token. */
  boolean mayWin(int token) {
    if (!mayStay[token] || scores[token] == Double.NEGATIVE_INFINITY) {
      return false;
    }
    double total = scores[token] + noise[token];
    for (int other = 0; other < scores.length; other++) {
      double ahead = scores[other] + noise[other] - total;
      if (surelyStays[other] && ahead > error(token) + error(other) + 2 * NOISE_ERROR) {
        return false;
      }
    }
    return true;
  }

  private double error(int token) {
    return SCORE_ERROR * (1 + Math.abs(scores[token]));
  }

  private void filter(SamplingParameters parameters) {
    double[] descending = descending(scores);
    int vocabulary = scores.length;
    int k = parameters.topK() == 0 ? vocabulary : Math.min(parameters.topK(), vocabulary);
    double last = descending[k - 1]; // the smallest that top-k keeps
    double next = k == vocabulary ? Double.NEGATIVE_INFINITY : descending[k];
    double[] before = new double[k + 1]; // what the i largest weigh together
    for (int i = 0; i < k; i++) {
      before[i + 1] = before[i] + Math.exp(descending[i] - descending[0]);
    }
    double total = before[k];
    double leastRatio =
        parameters.minP() == 0 ? Double.NEGATIVE_INFINITY : Math.log(parameters.minP());
    for (int token = 0; token < vocabulary; token++) {
      double slack = 2 * error(token);
      double score = scores[token];
      // The tokens that surely come before this one, and those that may.
      int surely = countAbove(descending, score + slack);
      int maybe = countAbove(descending, score - slack) - 1;
      double least = before[Math.min(k, surely)] / total;
      double most = before[Math.min(k, maybe)] / total;
      boolean all = parameters.topP() == 1;
      double ratio = score - descending[0];
      mayStay[token] =
          score >= last - slack
              && (all || least < parameters.topP() + SUM_ERROR)
              && ratio >= leastRatio - slack;
      surelyStays[token] =
          (k == vocabulary || score > next + slack)
              && (all || most < parameters.topP() - SUM_ERROR)
              && ratio > leastRatio + slack;
    }
    surelyStays[Sampler.largest(scores)] = true;
  }

  /** How many values lie above the limit. */
  private static int countAbove(double[] descending, double limit) {
    int low = 0;
    int high = descending.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (descending[middle] > limit) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static double[] descending(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    for (int i = 0; i < sorted.length / 2; i++) {
      double swapped = sorted[i];
      sorted[i] = sorted[sorted.length - 1 - i];
      sorted[sorted.length - 1 - i] = swapped;
    }
    return sorted;
  }
}
