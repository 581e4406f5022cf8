package gpt2j.bench.fake;

import gpt2j.api.AttentionProbe;
import gpt2j.api.Backend;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.LinearWeights;
import gpt2j.api.Operations;
import gpt2j.api.SamplingState;
import gpt2j.api.TokenBatch;
import gpt2j.api.TokenQueue;
import gpt2j.api.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Queues the time of each operation; of all computing, does only what tells positions. */
final class FakeOperations implements Operations {
  private final Backend memory;
  private final FakeDevice device;
  private final FakeProfiler profiler;

  FakeOperations(Backend memory, FakeDevice device, FakeProfiler profiler) {
    this.memory = memory;
    this.device = device;
    this.profiler = profiler;
  }

  private void take(Tensor out, long pairs) {
    long nanos = device.latencies().nanos(profiler.section(), out.shape().rows(), pairs);
    profiler.add(device.queue(nanos));
  }

  @Override
  public void embed(Tensor out, TokenBatch batch, EmbeddingTable tokens, EmbeddingTable positions) {
    take(out, 0);
  }

  @Override
  public void layerNorm(Tensor out, Tensor x, Tensor gain, Tensor bias, float epsilon) {
    take(out, 0);
  }

  @Override
  public void linear(Tensor out, Tensor x, LinearWeights weights, Epilogue epilogue) {
    if (profiler.section().isEmpty()) {
      device.queue(device.productNanos());
    } else {
      take(out, 0);
    }
  }

  @Override
  public void appendKv(KvCache cache, int layer, Tensor qkv, TokenBatch batch) {
    take(qkv, 0);
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
    take(out, pairs(batch));
  }

  /** How many keys all rows attend to together. */
  private long pairs(TokenBatch batch) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment positions = arena.allocate(batch.positions().bytes());
      memory.read(batch.positions(), positions);
      long pairs = 0;
      for (int i = 0; i < batch.rows(); i++) {
        pairs += 1 + positions.getAtIndex(ValueLayout.JAVA_INT, i);
      }
      return pairs;
    }
  }

  @Override
  public void copyKv(KvCache to, int toSlot, KvCache from, int fromSlot, int positions) {
    profiler.add(device.queue(device.copyNanos()));
  }

  @Override
  public void selectRows(Tensor out, Tensor x, Tensor rows) {
    profiler.add(device.queue(device.latencies().select()));
  }

  @Override
  public void logits(Tensor out, Tensor x, EmbeddingTable head) {
    take(out, 0);
  }

  @Override
  public void crossEntropy(Tensor losses, Tensor logits, Tensor targets) {
    throw new UnsupportedOperationException("no benchmark needs it");
  }

  @Override
  public void sample(Tensor tokens, Tensor logits, SamplingState state) {
    int rows = logits.shape().rows();
    profiler.add(device.queueDraw(device.latencies().nanos(profiler.section(), rows, 0)));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment drawn = arena.allocate(tokens.bytes()); // token 0 for each
      memory.write(tokens, drawn);
    }
  }

  @Override
  public void advance(TokenBatch batch, Tensor sampled) {
    profiler.add(device.queue(device.latencies().advance()));
    memory.operations().advance(batch, sampled);
  }

  @Override
  public void advance(TokenBatch batch, Tensor sampled, TokenQueue queue) {
    profiler.add(device.queue(device.latencies().advance()));
    // The memory knows the queue that it made, not the one around it that waits for the device.
    memory.operations().advance(batch, sampled, ((FakeTokenQueue) queue).queue());
  }
}
