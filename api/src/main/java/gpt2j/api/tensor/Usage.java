package gpt2j.api.tensor;

/** What memory is for. Backends account by it and may place memory by it. */
public enum Usage {
  /** Parameters; nothing but training changes them. */
  WEIGHTS,
  /** Intermediate results, overwritten in every step. */
  ACTIVATION,
  /** Keys and values of past positions. */
  CACHE,
  /** What the host writes or reads in every step: tokens, positions, sampled tokens, logits. */
  IO,
  /** Gradients of parameters and the optimiser's moments. */
  TRAINING
}
