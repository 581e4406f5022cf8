package gpt2j.model.gpt2.training;

/** What the backward pass computes a second time instead of keeping it: less memory, more work. */
public enum Recompute {
  /** Nothing. */
  NONE,
  /** GELU: saves one of the two widest activations of each block, [B·T, n_inner]. */
  GELU
}
