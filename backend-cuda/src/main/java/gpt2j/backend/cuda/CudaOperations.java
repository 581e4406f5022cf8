package gpt2j.backend.cuda;

import gpt2j.api.AttentionProbe;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.LinearWeights;
import gpt2j.api.Operations;
import gpt2j.api.SamplingState;
import gpt2j.api.TokenBatch;
import gpt2j.api.TokenQueue;
import gpt2j.api.tensor.Tensor;
import gpt2j.backend.cuda.forward.Attention;
import gpt2j.backend.cuda.forward.CudaSamplingState;
import gpt2j.backend.cuda.forward.Fusion;
import gpt2j.backend.cuda.forward.Linear;
import gpt2j.backend.cuda.forward.Pending;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.launch.KernelLauncher;
import gpt2j.backend.cuda.launch.Kernels;
import gpt2j.backend.cuda.memory.CudaEmbeddingTable;
import gpt2j.backend.cuda.memory.CudaKvCache;
import gpt2j.backend.cuda.memory.CudaLinearWeights;
import gpt2j.backend.cuda.memory.CudaTensor;
import gpt2j.backend.cuda.memory.DeviceMatrix;
import gpt2j.backend.cuda.step.CudaTokenQueue;
import gpt2j.backend.cuda.step.Recorder;
import jcuda.driver.CUfunction;

/**
 * The operations, each a kernel or a few in the backend's stream. Types and shapes were checked by
 * a {@link gpt2j.spi.CheckedBackend} before.
 */
final class CudaOperations implements Operations {
  private static final int BLOCK = 256;
  private static final int LOSS_BLOCK = 512;

  private final CudaRuntime runtime;
  private final Fusion fusion;
  private final Recorder recorder;
  private final Attention attention;
  private final CUfunction embed;
  private final CUfunction selectRows;
  private final CUfunction crossEntropy;
  private final CUfunction advance;

  CudaOperations(CudaRuntime runtime, Fusion fusion, Recorder recorder, Attention attention) {
    this.runtime = runtime;
    this.fusion = fusion;
    this.recorder = recorder;
    this.attention = attention;
    Kernels kernels = runtime.kernels();
    embed = kernels.get("embed");
    selectRows = kernels.get("select_rows");
    crossEntropy = kernels.get("cross_entropy");
    advance = kernels.get("advance");
  }

  /** Called before anything is queued on its own. */
  private KernelLauncher begin() {
    runtime.context().enter();
    fusion.flush();
    return runtime.launcher().begin();
  }

  @Override
  public void embed(Tensor out, TokenBatch batch, EmbeddingTable tokens, EmbeddingTable positions) {
    DeviceMatrix wte = CudaEmbeddingTable.of(tokens);
    DeviceMatrix wpe = CudaEmbeddingTable.of(positions);
    begin()
        .address(CudaTensor.address(out))
        .address(CudaTensor.address(batch.tokens()))
        .address(CudaTensor.address(batch.positions()))
        .address(wte.address())
        .address(wpe.address())
        .integer(Kernels.code(wte.type()))
        .integer(Kernels.code(wpe.type()))
        .integer(wte.rows())
        .integer(wpe.rows())
        .integer(wte.columns())
        .integer(wte.leading())
        .launch(embed, batch.rows(), Math.ceilDiv(wte.columns(), BLOCK), 1, BLOCK, 0);
  }

  @Override
  public void layerNorm(Tensor out, Tensor x, Tensor gain, Tensor bias, float epsilon) {
    runtime.context().enter();
    fusion.layerNorm(
        new Pending.Norm(
            CudaTensor.of(out),
            CudaTensor.of(x),
            CudaTensor.of(gain),
            CudaTensor.of(bias),
            epsilon));
  }

  @Override
  public void linear(Tensor out, Tensor x, LinearWeights weights, Epilogue epilogue) {
    runtime.context().enter();
    fusion.linear(CudaTensor.of(out), CudaTensor.of(x), CudaLinearWeights.of(weights), epilogue);
  }

  @Override
  public void appendKv(KvCache cache, int layer, Tensor qkv, TokenBatch batch) {
    runtime.context().enter();
    CudaKvCache target = CudaKvCache.of(cache);
    CudaTensor rows = CudaTensor.of(qkv);
    Linear.Append append =
        new Linear.Append(
            target, layer, CudaTensor.of(batch.slots()), CudaTensor.of(batch.positions()));
    if (!fusion.append(rows, append)) {
      attention.append(target, layer, rows, batch);
    }
  }

  @Override
  public void attention(
      Tensor out,
      Tensor qkv,
      KvCache cache,
      int layer,
      TokenBatch batch,
      float scale,
      AttentionProbe probe) {
    begin();
    attention.attend(
        CudaTensor.of(out), CudaTensor.of(qkv), CudaKvCache.of(cache), layer, batch, scale, probe);
  }

  @Override
  public void copyKv(KvCache to, int toSlot, KvCache from, int fromSlot, int positions) {
    begin();
    attention.copy(CudaKvCache.of(to), toSlot, CudaKvCache.of(from), fromSlot, positions);
  }

  @Override
  public void selectRows(Tensor out, Tensor x, Tensor rows) {
    int width = x.shape().size(1);
    begin()
        .address(CudaTensor.address(out))
        .address(CudaTensor.address(x))
        .address(CudaTensor.address(rows))
        .integer(x.shape().rows())
        .integer(width)
        .launch(selectRows, out.shape().rows(), Math.ceilDiv(width, BLOCK), 1, BLOCK, 0);
  }

  @Override
  public void logits(Tensor out, Tensor x, EmbeddingTable head) {
    runtime.context().enter();
    fusion.logits(CudaTensor.of(out), CudaTensor.of(x), CudaEmbeddingTable.of(head));
  }

  @Override
  public void crossEntropy(Tensor losses, Tensor logits, Tensor targets) {
    begin()
        .address(CudaTensor.address(losses))
        .address(CudaTensor.address(logits))
        .address(CudaTensor.address(targets))
        .integer(logits.shape().size(1))
        .launch(crossEntropy, logits.shape().rows(), 1, 1, LOSS_BLOCK, 0);
  }

  @Override
  public void sample(Tensor tokens, Tensor logits, SamplingState state) {
    runtime.context().enter();
    CudaSamplingState drawn = CudaSamplingState.of(state);
    Recorder.Recording recording = recorder.recording();
    if (recording != null) {
      recording.states().add(drawn);
    }
    if (!fusion.sample(CudaTensor.of(tokens), CudaTensor.of(logits), drawn)) {
      drawn.draw(CudaTensor.of(tokens), CudaTensor.of(logits));
    }
  }

  @Override
  public void advance(TokenBatch batch, Tensor sampled) {
    advanceWith(begin(), batch, sampled)
        .address(0)
        .integer(0)
        .integer(0)
        .address(0)
        .address(0)
        .launch(advance, 1, 1, 1, BLOCK, 0);
  }

  @Override
  public void advance(TokenBatch batch, Tensor sampled, TokenQueue queue) {
    CudaTokenQueue own = CudaTokenQueue.of(queue);
    Recorder.Recording recording = recorder.recording();
    if (recording == null) {
      own.requireRoom();
    }
    own.addTo(advanceWith(begin(), batch, sampled)).launch(advance, 1, 1, 1, BLOCK, 0);
    if (recording == null) {
      own.countQueued();
    } else {
      recording.queues().add(own);
    }
  }

  private static KernelLauncher advanceWith(
      KernelLauncher launch, TokenBatch batch, Tensor sampled) {
    return launch
        .address(CudaTensor.address(batch.tokens()))
        .address(CudaTensor.address(batch.positions()))
        .address(CudaTensor.address(batch.slots()))
        .address(CudaTensor.address(sampled))
        .integer(batch.rows());
  }
}
