package gpt2j.api.training;

/**
 * What stays the same throughout training in AdamW (Loshchilov &amp; Hutter 2019, Algorithm 2).
 *
 * @param beta1 decay of the mean of gradients, at least 0 and below 1
 * @param beta2 decay of the mean of their squares, at least 0 and below 1
 * @param epsilon added to the root of the mean of squares, above 0
 * @param weightDecay share of the parameter, times the learning rate, that is taken off in each
 *     update; at least 0
 */
public record AdamW(float beta1, float beta2, float epsilon, float weightDecay) {
  public AdamW {
    if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
      throw new IllegalArgumentException(
          "betas are at least 0 and below 1, not %s and %s".formatted(beta1, beta2));
    }
    if (!(epsilon > 0) || !(weightDecay >= 0)) {
      throw new IllegalArgumentException(
          "epsilon is above 0 and weight decay at least 0, not %s and %s"
              .formatted(epsilon, weightDecay));
    }
  }
}
