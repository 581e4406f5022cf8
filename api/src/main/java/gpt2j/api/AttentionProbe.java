package gpt2j.api;

import gpt2j.api.tensor.Tensor;

/** Whether attention also stores its probabilities, for those who want to look at them. */
public sealed interface AttentionProbe {
  /** Nothing is stored. */
  AttentionProbe NONE = new None();

  /** See {@link #NONE}. */
  record None() implements AttentionProbe {}

  /**
   * The probabilities are stored.
   *
   * @param probabilities F32 {@code [rows, heads, capacity]}: what each row's query gives to each
   *     position, 0 after the row's own position
   */
  record Store(Tensor probabilities) implements AttentionProbe {}
}
