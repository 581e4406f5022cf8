package gpt2j.backend.cpu;

import gpt2j.api.AttentionProbe;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.LinearWeights;
import gpt2j.api.Operations;
import gpt2j.api.SamplingState;
import gpt2j.api.TokenBatch;
import gpt2j.api.TokenQueue;
import gpt2j.api.tensor.Tensor;
import gpt2j.backend.cpu.attention.Attention;
import gpt2j.backend.cpu.attention.AttentionBatch;
import gpt2j.backend.cpu.attention.CpuKvCache;
import gpt2j.backend.cpu.kernel.LayerNorm;
import gpt2j.backend.cpu.kernel.Softmax;
import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.runtime.CpuRuntime;
import gpt2j.backend.cpu.sampling.CpuSamplingState;
import gpt2j.backend.cpu.simd.Memory;
import gpt2j.backend.cpu.weights.CpuEmbeddingTable;
import gpt2j.backend.cpu.weights.CpuLinearWeights;
import gpt2j.spi.HostTokenQueue;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The operations, each done when its call returns: work is handed to the workers by row, by column
 * or by head. Types and shapes were checked by a {@link gpt2j.spi.CheckedBackend} before.
 */
final class CpuOperations implements Operations {
  private final CpuRuntime runtime;

  CpuOperations(CpuRuntime runtime) {
    this.runtime = runtime;
  }

  @Override
  public void embed(Tensor out, TokenBatch batch, EmbeddingTable tokens, EmbeddingTable positions) {
    CpuEmbeddingTable wte = CpuEmbeddingTable.of(tokens);
    CpuEmbeddingTable wpe = CpuEmbeddingTable.of(positions);
    long to = CpuTensor.address(out);
    long token = CpuTensor.address(batch.tokens());
    long position = CpuTensor.address(batch.positions());
    long rowBytes = rowBytes(out);
    runtime
        .pool()
        .forEach(
            batch.rows(),
            (row, worker) -> {
              wte.vector(intAt(token, row), to + row * rowBytes, false);
              wpe.vector(intAt(position, row), to + row * rowBytes, true);
            });
  }

  @Override
  public void layerNorm(Tensor out, Tensor x, Tensor gain, Tensor bias, float epsilon) {
    long to = CpuTensor.address(out);
    long from = CpuTensor.address(x);
    long scale = CpuTensor.address(gain);
    long shift = CpuTensor.address(bias);
    int width = x.shape().size(1);
    long rowBytes = rowBytes(x);
    runtime
        .pool()
        .forEach(
            x.shape().rows(),
            (row, worker) ->
                LayerNorm.row(
                    to + row * rowBytes, from + row * rowBytes, scale, shift, width, epsilon));
  }

  @Override
  public void linear(Tensor out, Tensor x, LinearWeights weights, Epilogue epilogue) {
    CpuLinearWeights.of(weights)
        .multiply(CpuTensor.of(out), CpuTensor.of(x), epilogue, runtime.partTimes());
  }

  @Override
  public void appendKv(KvCache cache, int layer, Tensor qkv, TokenBatch batch) {
    CpuKvCache target = CpuKvCache.of(cache);
    KvCacheSpec spec = cache.spec();
    long from = CpuTensor.address(qkv);
    long positions = CpuTensor.address(batch.positions());
    long slots = CpuTensor.address(batch.slots());
    long widthBytes = (long) spec.width() * Float.BYTES;
    long headBytes = (long) spec.headSize() * Float.BYTES;
    int rows = batch.rows();
    // Neighbours in a prompt go to one block of keys, so one worker takes them.
    runtime
        .pool()
        .forEach(
            (rows + Memory.LANES - 1) / Memory.LANES,
            (chunk, worker) -> {
              int end = Math.min(rows, (chunk + 1) * Memory.LANES);
              for (int row = chunk * Memory.LANES; row < end; row++) {
                int slot = intAt(slots, row);
                int position = intAt(positions, row);
                if (target.holds(slot, position)) {
                  long keys = from + (3L * row + 1) * widthBytes;
                  for (int head = 0; head < spec.heads(); head++) {
                    long key = keys + head * headBytes;
                    target.store(layer, slot, head, position, key, key + widthBytes);
                  }
                }
              }
            });
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
    CpuKvCache source = CpuKvCache.of(cache);
    long slots = CpuTensor.address(batch.slots());
    Attention attention =
        new Attention(
            source,
            layer,
            scale,
            CpuTensor.address(out),
            CpuTensor.address(qkv),
            CpuTensor.address(batch.positions()),
            slots,
            address(probe.scores()),
            address(probe.probabilities()),
            runtime.isBatchInvariant(),
            runtime.partTimes());
    new AttentionBatch(runtime, attention, source, slots, batch.rows()).run();
  }

  @Override
  public void copyKv(KvCache to, int toSlot, KvCache from, int fromSlot, int positions) {
    CpuKvCache target = CpuKvCache.of(to);
    CpuKvCache source = CpuKvCache.of(from);
    KvCacheSpec spec = source.spec();
    runtime
        .pool()
        .forEach(
            spec.layers() * spec.heads(),
            (task, worker) ->
                source.copyTo(
                    target, task / spec.heads(), task % spec.heads(), fromSlot, toSlot, positions));
  }

  @Override
  public void selectRows(Tensor out, Tensor x, Tensor rows) {
    long to = CpuTensor.address(out);
    long from = CpuTensor.address(x);
    long wanted = CpuTensor.address(rows);
    long rowBytes = rowBytes(x);
    for (int i = 0; i < out.shape().rows(); i++) {
      int row = Math.clamp(intAt(wanted, i), 0, x.shape().rows() - 1);
      Memory.copy(from + row * rowBytes, to + i * rowBytes, rowBytes);
    }
  }

  @Override
  public void logits(Tensor out, Tensor x, EmbeddingTable head) {
    CpuEmbeddingTable.of(head).multiply(CpuTensor.of(out), CpuTensor.of(x));
  }

  @Override
  public void crossEntropy(Tensor losses, Tensor logits, Tensor targets) {
    long to = CpuTensor.address(losses);
    long from = CpuTensor.address(logits);
    long target = CpuTensor.address(targets);
    int vocabulary = logits.shape().size(1);
    long rowBytes = rowBytes(logits);
    runtime
        .pool()
        .forEach(
            logits.shape().rows(),
            (row, worker) -> {
              long x = from + row * rowBytes;
              int token = Math.clamp(intAt(target, row), 0, vocabulary - 1);
              double logit = Memory.get(x + (long) token * Float.BYTES);
              Memory.set(
                  to + (long) row * Float.BYTES,
                  (float) (Softmax.logSumExp(x, vocabulary) - logit));
            });
  }

  @Override
  public void sample(Tensor tokens, Tensor logits, SamplingState state) {
    CpuSamplingState sampling = CpuSamplingState.of(state);
    long to = CpuTensor.address(tokens);
    long from = CpuTensor.address(logits);
    long rowBytes = rowBytes(logits);
    long scratch = runtime.scratch().bytes(runtime.pool().size() * rowBytes);
    runtime
        .pool()
        .forEach(
            logits.shape().rows(),
            (row, worker) ->
                Memory.setInt(
                    to + (long) row * Integer.BYTES,
                    sampling.draw(row, from + row * rowBytes, scratch + worker * rowBytes)));
  }

  @Override
  public void advance(TokenBatch batch, Tensor sampled) {
    long tokens = CpuTensor.address(batch.tokens());
    long positions = CpuTensor.address(batch.positions());
    long slots = CpuTensor.address(batch.slots());
    long from = CpuTensor.address(sampled);
    for (int row = 0; row < batch.rows(); row++) {
      if (intAt(slots, row) != TokenBatch.IDLE) {
        long at = (long) row * Integer.BYTES;
        Memory.setInt(tokens + at, intAt(from, row));
        Memory.setInt(positions + at, intAt(positions, row) + 1);
      }
    }
  }

  @Override
  public void advance(TokenBatch batch, Tensor sampled, TokenQueue queue) {
    if (!(queue instanceof HostTokenQueue host)) {
      throw new IllegalArgumentException(
          "a token queue of another backend: " + queue.getClass().getSimpleName());
    }
    advance(batch, sampled);
    int[] tokens = new int[batch.rows()];
    long slots = CpuTensor.address(batch.slots());
    long from = CpuTensor.address(sampled);
    Arrays.setAll(
        tokens,
        row -> intAt(slots, row) == TokenBatch.IDLE ? SamplingState.NO_TOKEN : intAt(from, row));
    host.put(tokens);
  }

  private static long address(@Nullable Tensor tensor) {
    return tensor == null ? 0 : CpuTensor.address(tensor);
  }

  private static int intAt(long address, int index) {
    return Memory.getInt(address + (long) index * Integer.BYTES);
  }

  private static long rowBytes(Tensor matrix) {
    return (long) matrix.shape().size(1) * Float.BYTES;
  }
}
