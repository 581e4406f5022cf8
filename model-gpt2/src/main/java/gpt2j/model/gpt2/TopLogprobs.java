package gpt2j.model.gpt2;

import gpt2j.model.gpt2.Score.TokenLogprob;
import java.util.ArrayList;
import java.util.List;

/** Finds the most probable tokens. */
final class TopLogprobs {
  private TopLogprobs() {}

  /** The {@code count} most probable tokens, best first; of equals the lower token first. */
  static List<TokenLogprob> of(float[] logits, int count) {
    int[] best = new int[count];
    int found = 0;
    for (int token = 0; token < logits.length; token++) {
      if (found == count && !(logits[token] > logits[best[count - 1]])) {
        continue;
      }
      int place = found < count ? found++ : count - 1;
      for (; place > 0 && logits[token] > logits[best[place - 1]]; place--) {
        best[place] = best[place - 1];
      }
      best[place] = token;
    }
    double logSum = logSumExp(logits, logits[best[0]]);
    List<TokenLogprob> top = new ArrayList<>(found);
    for (int i = 0; i < found; i++) {
      top.add(new TokenLogprob(best[i], logits[best[i]] - logSum));
    }
    return top;
  }

  private static double logSumExp(float[] logits, double largest) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    return largest + Math.log(sum);
  }
}
