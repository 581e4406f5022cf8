package gpt2j.api.tensor;

/** The two forms of the Gaussian error linear unit (Hendrycks &amp; Gimpel 2016). */
public enum GeluForm {
  /** {@code v/2 · (1 + tanh(√(2/π) · (v + 0.044715 v³)))}. */
  TANH,
  /** {@code v/2 · (1 + erf(v/√2))}. */
  ERF
}
