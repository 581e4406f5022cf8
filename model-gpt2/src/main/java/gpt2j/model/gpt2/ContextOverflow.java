package gpt2j.model.gpt2;

/**
 * What happens when a text outgrows the context. GPT-2 learns absolute positions, so keys and
 * values depend on the position and a cache can't be shifted; there is no fourth way that is both
 * exact and cheap.
 */
public enum ContextOverflow {
  /**
   * Generation ends with {@link FinishReason#CONTEXT_FULL}. A prompt longer than the context is an
   * error.
   */
  STOP,
  /**
   * For each new token the last {@code n_ctx} tokens are evaluated again. Slow, and equal to
   * evaluating without a cache. Of a longer prompt the last {@code n_ctx} tokens count.
   */
  RECOMPUTE,
  /**
   * The last half of the context is kept and evaluated once, then generation goes on from there.
   * Costs one prefill per half context; differs from {@link #RECOMPUTE}, since tokens see between a
   * half and a whole context. Of a longer prompt the last {@code n_ctx} tokens count.
   */
  SLIDE
}
