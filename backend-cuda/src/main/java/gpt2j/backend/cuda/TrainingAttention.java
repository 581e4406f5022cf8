package gpt2j.backend.cuda;

import gpt2j.api.Dropout;
import gpt2j.api.UnsupportedException;

/** Attention within whole sequences, forward and backward. */
final class TrainingAttention {
  /** Attention in the stream of {@code runtime}. */
  TrainingAttention(CudaRuntime runtime) {}

  /** See {@link gpt2j.api.TrainingOperations#attention}. */
  void forward(
      CudaTensor out,
      CudaTensor logSumExp,
      CudaTensor qkv,
      int sequenceLength,
      int heads,
      float scale,
      Dropout dropout) {
    throw new UnsupportedException("the cuda backend has no attention in training");
  }

  /** See {@link gpt2j.api.TrainingOperations#attentionBackward}. */
  void backward(
      CudaTensor qkvGradient,
      CudaTensor outGradient,
      CudaTensor out,
      CudaTensor logSumExp,
      CudaTensor qkv,
      int sequenceLength,
      int heads,
      float scale,
      Dropout dropout) {
    throw new UnsupportedException("the cuda backend has no attention in training");
  }
}
