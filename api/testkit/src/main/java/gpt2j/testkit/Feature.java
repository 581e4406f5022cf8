package gpt2j.testkit;

import gpt2j.api.tensor.WeightFormat;

/** What a backend may lack, and answer with {@link gpt2j.api.UnsupportedException}. */
public enum Feature {
  WEIGHTS_F32,
  WEIGHTS_F16,
  WEIGHTS_BF16,
  WEIGHTS_Q8_0,
  WEIGHTS_Q4_0,
  CACHE_F32,
  CACHE_F16,
  CACHE_BF16,
  CACHE_Q8_0,
  TENSOR_F16,
  TENSOR_BF16,
  EMBED,
  LAYER_NORM,
  LINEAR,
  APPEND_KV,
  ATTENTION,
  /** Scores stored beside the result of attention. */
  ATTENTION_SCORES,
  /** Probabilities stored beside the result of attention. */
  ATTENTION_PROBABILITIES,
  COPY_KV,
  SELECT_ROWS,
  LOGITS,
  CROSS_ENTROPY,
  SAMPLE,
  ADVANCE,
  /** {@link gpt2j.api.BackendOptions#batchInvariant}. */
  BATCH_INVARIANCE,
  /** All of {@link gpt2j.api.training.TrainingOperations}. */
  TRAINING;

  static Feature weights(WeightFormat format) {
    return switch (format) {
      case F32 -> WEIGHTS_F32;
      case F16 -> WEIGHTS_F16;
      case BF16 -> WEIGHTS_BF16;
      case Q8_0 -> WEIGHTS_Q8_0;
      case Q4_0 -> WEIGHTS_Q4_0;
    };
  }

  static Feature cache(WeightFormat type) {
    return switch (type) {
      case F32 -> CACHE_F32;
      case F16 -> CACHE_F16;
      case BF16 -> CACHE_BF16;
      case Q8_0 -> CACHE_Q8_0;
      case Q4_0 -> throw new IllegalArgumentException("no cache holds " + type);
    };
  }
}
