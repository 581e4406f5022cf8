package gpt2j.backend.cuda.training;

import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
import static jcuda.driver.JCudaDriver.cuFuncSetAttribute;

import gpt2j.api.UnsupportedException;
import gpt2j.api.training.Dropout;
import gpt2j.backend.cuda.driver.Cuda;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.launch.KernelLauncher;
import gpt2j.backend.cuda.memory.CudaTensor;
import gpt2j.backend.cuda.memory.Scratch;
import jcuda.driver.CUfunction;

/** Attention within whole sequences, forward and backward. */
final class TrainingAttention {
  private static final int BLOCK = 128;

  /** Positions whose results a block makes. */
  private static final int POSITIONS = 64;

  /** Elements of a head whose results a block makes. */
  private static final int CHUNK = 64;

  /** Tiles of the backward pass. */
  private static final int SHARED = 60_928;

  private static final int DOTS_BLOCK = 256;
  private static final int WARP = 32;

  private final CudaRuntime runtime;
  private final CUfunction forward;
  private final CUfunction dots;
  private final CUfunction queries;
  private final CUfunction keys;

  /** Attention in the stream of {@code runtime}. */
  TrainingAttention(CudaRuntime runtime) {
    this.runtime = runtime;
    forward = runtime.kernels().get("training_attention");
    dots = runtime.kernels().get("training_attention_dots");
    queries = withTiles("training_attention_queries");
    keys = withTiles("training_attention_keys");
  }

  private CUfunction withTiles(String name) {
    CUfunction function = runtime.kernels().get(name);
    Cuda.check(
        "cuFuncSetAttribute",
        cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, SHARED));
    return function;
  }

  /** See {@link gpt2j.api.training.TrainingOperations#attention}. */
  void forward(
      CudaTensor out,
      CudaTensor logSumExp,
      CudaTensor qkv,
      int sequenceLength,
      int heads,
      float scale,
      Dropout dropout) {
    Heads shape = Heads.of(out, sequenceLength, heads);
    KernelLauncher launch =
        runtime
            .launcher()
            .begin()
            .address(out.address())
            .address(logSumExp.address())
            .address(qkv.address());
    shape.addTo(launch, scale, dropout);
    shape.launch(launch, forward, 0);
  }

  /** See {@link gpt2j.api.training.TrainingOperations#attentionBackward}. */
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
    Heads shape = Heads.of(out, sequenceLength, heads);
    dots(outGradient, out, shape);
    for (CUfunction kernel : new CUfunction[] {queries, keys}) {
      KernelLauncher launch =
          runtime
              .launcher()
              .begin()
              .address(qkvGradient.address())
              .address(outGradient.address())
              .address(logSumExp.address())
              .address(runtime.scratch().partials())
              .address(qkv.address());
      shape.addTo(launch, scale, dropout);
      shape.launch(launch, kernel, SHARED);
    }
  }

  /** Products of the gradient of each head's output with that output, to the working memory. */
  private void dots(CudaTensor outGradient, CudaTensor out, Heads shape) {
    long vectors = (long) shape.rows() * shape.heads();
    if (vectors * Float.BYTES > Scratch.BYTES) {
      throw new UnsupportedException(
          "the cuda backend trains with up to %,d rows of %d heads at a time, not with %,d"
              .formatted(Scratch.BYTES / Float.BYTES / shape.heads(), shape.heads(), shape.rows()));
    }
    runtime
        .launcher()
        .begin()
        .address(runtime.scratch().partials())
        .address(outGradient.address())
        .address(out.address())
        .integer((int) vectors)
        .integer(shape.headSize())
        .launch(dots, Math.ceilDiv((int) vectors, DOTS_BLOCK / WARP), 1, 1, DOTS_BLOCK, 0);
  }

  /** What the batch consists of. */
  private record Heads(int rows, int length, int heads, int headSize) {
    static Heads of(CudaTensor out, int length, int heads) {
      return new Heads(out.shape().rows(), length, heads, out.shape().size(1) / heads);
    }

    void addTo(KernelLauncher launch, float scale, Dropout dropout) {
      launch.real(scale).integer(length).integer(heads).integer(headSize);
      DropoutParameters.addTo(launch, dropout);
    }

    void launch(KernelLauncher launch, CUfunction kernel, int shared) {
      int tiles = Math.multiplyExact(rows / length, Math.ceilDiv(length, POSITIONS));
      launch.launch(kernel, tiles, heads, Math.ceilDiv(headSize, CHUNK), BLOCK, shared);
    }
  }
}
