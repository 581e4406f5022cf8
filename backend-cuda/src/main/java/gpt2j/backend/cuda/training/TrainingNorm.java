package gpt2j.backend.cuda.training;

import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.launch.Kernels;
import gpt2j.backend.cuda.memory.CudaTensor;
import gpt2j.backend.cuda.memory.Scratch;
import jcuda.driver.CUfunction;

/** Layer norm that keeps its statistics, and its backward pass ({@code training_norm.cu}). */
final class TrainingNorm {
  private static final int BLOCK = 256;

  /** Rows of a block that works by rows, a warp each. */
  private static final int ROWS = BLOCK / 32;

  /** Columns of a block that works by columns. */
  private static final int COLUMNS = 128;

  /** Fewer rows aren't worth a block of their own. */
  private static final int LEAST_ROWS = 32;

  /** More parts take longer to be added up than they save. */
  private static final int MOST_PARTS = 64;

  private final CudaRuntime runtime;
  private final CUfunction forward;
  private final CUfunction backwardRows;
  private final CUfunction backwardColumns;

  TrainingNorm(CudaRuntime runtime) {
    this.runtime = runtime;
    Kernels kernels = runtime.kernels();
    forward = kernels.get("layer_norm_keeping");
    backwardRows = kernels.get("layer_norm_backward_rows");
    backwardColumns = kernels.get("layer_norm_backward_columns");
  }

  /** See {@link gpt2j.api.training.TrainingOperations#layerNorm}. */
  void forward(
      CudaTensor out,
      CudaTensor mean,
      CudaTensor rstd,
      CudaTensor x,
      CudaTensor gain,
      CudaTensor bias,
      float epsilon) {
    int rows = x.shape().rows();
    runtime
        .launcher()
        .begin()
        .address(out.address())
        .address(mean.address())
        .address(rstd.address())
        .address(x.address())
        .address(gain.address())
        .address(bias.address())
        .real(epsilon)
        .integer(rows)
        .integer(x.shape().size(1))
        .launch(forward, Math.ceilDiv(rows, ROWS), 1, 1, BLOCK, 0);
  }

  /** See {@link gpt2j.api.training.TrainingOperations#layerNormBackward}. */
  void backward(
      CudaTensor xGradient,
      CudaTensor gainGradient,
      CudaTensor biasGradient,
      CudaTensor outGradient,
      CudaTensor x,
      CudaTensor gain,
      CudaTensor mean,
      CudaTensor rstd) {
    int rows = x.shape().rows();
    int width = x.shape().size(1);
    runtime
        .launcher()
        .begin()
        .address(xGradient.address())
        .address(outGradient.address())
        .address(x.address())
        .address(gain.address())
        .address(mean.address())
        .address(rstd.address())
        .integer(rows)
        .integer(width)
        .launch(backwardRows, Math.ceilDiv(rows, ROWS), 1, 1, BLOCK, 0);
    int blocks = Math.ceilDiv(width, COLUMNS);
    runtime
        .launcher()
        .begin()
        .address(gainGradient.address())
        .address(biasGradient.address())
        .address(outGradient.address())
        .address(x.address())
        .address(mean.address())
        .address(rstd.address())
        .integer(rows)
        .integer(width)
        .address(runtime.scratch().partials())
        .address(runtime.scratch().counters())
        .launch(backwardColumns, blocks, parts(rows, width, blocks), 1, BLOCK, 0);
  }

  /** Parts of the rows: as many as keep the device busy and find room for their sums. */
  private int parts(int rows, int width, int blocks) {
    long room = Scratch.BYTES / (2L * width * Float.BYTES);
    int useful = Math.min(MOST_PARTS, Math.ceilDiv(rows, LEAST_ROWS));
    int parts = Math.min(useful, Math.ceilDiv(2 * runtime.multiprocessors(), blocks));
    return blocks > Scratch.COUNTERS ? 1 : Math.clamp(room, 1, parts);
  }
}
