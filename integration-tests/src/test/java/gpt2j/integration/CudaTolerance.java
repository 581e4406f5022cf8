package gpt2j.integration;

import gpt2j.api.tensor.WeightFormat;

/** How far results of the CUDA backend may be off. */
final class CudaTolerance {
  private CudaTolerance() {}

  /**
   * Of logits, relative to the larger of 1 and them. On tensor cores, activations are multiplied in
   * parts of the weights' type: two of bfloat16 hold 16 bits, and saturated attention magnifies
   * what is lost; up to 3.4e-4 was seen.
   */
  static double of(WeightFormat precision) {
    return precision == WeightFormat.BF16 ? 1e-3 : 1e-4;
  }
}
