package gpt2j.api;

import gpt2j.api.tensor.GeluForm;

/** What happens to the result of a matrix product before it is stored. The bias is always added. */
public enum Epilogue {
  /** Nothing: {@code out = x·W + b}. */
  NONE,
  /** {@code out = gelu(x·W + b)} with gelu(v) = v/2 · (1 + tanh(√(2/π) · (v + 0.044715 v³))). */
  GELU_TANH,
  /** {@code out = gelu(x·W + b)} with gelu(v) = v/2 · (1 + erf(v/√2)). */
  GELU_ERF,
  /** {@code out = out + x·W + b}: the residual connection. */
  ADD_TO_OUT;

  /** That of a GELU. */
  public static Epilogue of(GeluForm form) {
    return switch (form) {
      case TANH -> GELU_TANH;
      case ERF -> GELU_ERF;
    };
  }
}
