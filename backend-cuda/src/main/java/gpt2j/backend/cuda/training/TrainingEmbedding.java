package gpt2j.backend.cuda.training;

import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.launch.Kernels;
import gpt2j.backend.cuda.memory.CudaTensor;
import jcuda.driver.CUfunction;

/** Embeddings of whole sequences and their gradients ({@code training_embedding.cu}). */
final class TrainingEmbedding {
  private static final int BLOCK = 256;

  /** Columns that a block takes. */
  private static final int COLUMNS = 4 * BLOCK;

  private final CudaRuntime runtime;
  private final CUfunction forward;
  private final CUfunction backwardTokens;
  private final CUfunction backwardPositions;

  TrainingEmbedding(CudaRuntime runtime) {
    this.runtime = runtime;
    Kernels kernels = runtime.kernels();
    forward = kernels.get("embed_sequences");
    backwardTokens = kernels.get("embed_backward_tokens");
    backwardPositions = kernels.get("embed_backward_positions");
  }

  /** See {@link gpt2j.api.training.TrainingOperations#embed}. */
  void forward(
      CudaTensor out, CudaTensor tokens, CudaTensor wte, CudaTensor wpe, int sequenceLength) {
    int width = out.shape().size(1);
    runtime
        .launcher()
        .begin()
        .address(out.address())
        .address(tokens.address())
        .address(wte.address())
        .address(wpe.address())
        .integer(wte.shape().rows())
        .integer(sequenceLength)
        .integer(width)
        .launch(forward, out.shape().rows(), Math.ceilDiv(width, COLUMNS), 1, BLOCK, 0);
  }

  /** See {@link gpt2j.api.training.TrainingOperations#embedBackward}. */
  void backward(
      CudaTensor wteGradient,
      CudaTensor wpeGradient,
      CudaTensor outGradient,
      CudaTensor tokens,
      int sequenceLength) {
    int rows = outGradient.shape().rows();
    int width = outGradient.shape().size(1);
    int parts = Math.ceilDiv(width, COLUMNS);
    runtime
        .launcher()
        .begin()
        .address(wteGradient.address())
        .address(outGradient.address())
        .address(tokens.address())
        .integer(rows)
        .integer(wteGradient.shape().rows())
        .integer(width)
        .launch(backwardTokens, rows, parts, 1, BLOCK, 0);
    runtime
        .launcher()
        .begin()
        .address(wpeGradient.address())
        .address(outGradient.address())
        .integer(rows)
        .integer(sequenceLength)
        .integer(width)
        .launch(backwardPositions, sequenceLength, parts, 1, BLOCK, 0);
  }
}
