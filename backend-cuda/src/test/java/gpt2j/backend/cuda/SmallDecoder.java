package gpt2j.backend.cuda;

import gpt2j.api.AttentionProbe;
import gpt2j.api.Backend;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.LinearWeights;
import gpt2j.api.Operations;
import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.Step;
import gpt2j.api.TokenBatch;
import gpt2j.api.TokenQueue;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** A transformer as GPT-2 uses the operations, of one width and any number of layers. */
final class SmallDecoder implements AutoCloseable {
  static final int VOCABULARY = 50;
  static final int CAPACITY = 40;
  private static final int HEADS = 2;
  private static final int WIDTH = 16;

  /** The weights of a block. */
  private record Block(
      LinearWeights qkv, LinearWeights projection, LinearWeights fc, LinearWeights contraction) {}

  private final Backend backend;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final EmbeddingTable wte;
  private final EmbeddingTable wpe;
  private final Tensor gain;
  private final Tensor bias;
  private final List<Block> blocks = new ArrayList<>();
  private final KvCache cache;
  private final SamplingState state;
  private final TokenBatch batch;
  private final Tensor x;
  private final Tensor y;
  private final Tensor qkv;
  private final Tensor fc;
  private final Tensor logits;
  private final Tensor sampled;
  private final TokenQueue queue;
  private final Random random = new Random(1);

  SmallDecoder(Backend backend, int layers, int rows, SamplingParameters parameters) {
    this.backend = backend;
    try {
      wte = keep(backend.embeddingTable(host(VOCABULARY, WIDTH), WeightFormat.F16));
      wpe = keep(backend.embeddingTable(host(CAPACITY, WIDTH), WeightFormat.F16));
      gain = vector();
      bias = vector();
      for (int layer = 0; layer < layers; layer++) {
        blocks.add(
            new Block(
                linear(WIDTH, 3 * WIDTH),
                linear(WIDTH, WIDTH),
                linear(WIDTH, 4 * WIDTH),
                linear(4 * WIDTH, WIDTH)));
      }
      cache =
          keep(
              backend.kvCache(
                  new KvCacheSpec(layers, HEADS, WIDTH / HEADS, rows, CAPACITY, WeightFormat.F16)));
      cache.reserveAll();
      state = keep(backend.samplingState(rows, VOCABULARY, parameters));
      batch = keep(TokenBatch.allocate(backend, rows));
      x = floats(rows, WIDTH);
      y = floats(rows, WIDTH);
      qkv = floats(rows, 3 * WIDTH);
      fc = floats(rows, 4 * WIDTH);
      logits = floats(rows, VOCABULARY);
      sampled = keep(backend.allocate(DataType.I32, Shape.of(rows), Usage.IO));
      queue = keep(backend.tokenQueue(rows));
      write(batch.tokens(), new int[rows]);
      write(batch.positions(), new int[rows]);
      int[] slots = new int[rows];
      Arrays.setAll(slots, i -> i);
      write(batch.slots(), slots);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private <T extends AutoCloseable> T keep(T handle) {
    open.add(handle);
    return handle;
  }

  private HostTensor host(int... sizes) {
    Shape shape = Shape.of(sizes);
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return HostTensor.of("weight", shape, values);
  }

  private LinearWeights linear(int inputs, int outputs) {
    return keep(backend.linearWeights(host(inputs, outputs), host(outputs), WeightFormat.F16));
  }

  private Tensor vector() {
    Tensor vector = keep(backend.allocate(DataType.F32, Shape.of(WIDTH), Usage.WEIGHTS));
    backend.write(vector, host(WIDTH).data());
    return vector;
  }

  private Tensor floats(int... sizes) {
    return keep(backend.allocate(DataType.F32, Shape.of(sizes), Usage.ACTIVATION));
  }

  private void write(Tensor tensor, int[] values) {
    backend.write(tensor, bytes(values));
  }

  private static MemorySegment bytes(int[] values) {
    byte[] bytes = new byte[Integer.BYTES * values.length];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().put(values);
    return MemorySegment.ofArray(bytes);
  }

  /** The next token of every row, in the way of GPT-2. */
  void step() {
    step(() -> {});
  }

  /** The same, with a boundary of sections between any two operations. */
  void stepInSections() {
    step(() -> backend.profiler().section("section"));
  }

  private void step(Runnable between) {
    Operations ops = backend.operations();
    ops.embed(x, batch, wte, wpe);
    between.run();
    for (int layer = 0; layer < blocks.size(); layer++) {
      Block block = blocks.get(layer);
      ops.layerNorm(y, x, gain, bias, 1e-5f);
      between.run();
      ops.linear(qkv, y, block.qkv(), Epilogue.NONE);
      between.run();
      ops.appendKv(cache, layer, qkv, batch);
      between.run();
      ops.attention(y, qkv, cache, layer, batch, 0.35f, AttentionProbe.NONE);
      between.run();
      ops.linear(x, y, block.projection(), Epilogue.ADD_TO_OUT);
      between.run();
      ops.layerNorm(y, x, gain, bias, 1e-5f);
      between.run();
      ops.linear(fc, y, block.fc(), Epilogue.GELU_TANH);
      between.run();
      ops.linear(x, fc, block.contraction(), Epilogue.ADD_TO_OUT);
      between.run();
    }
    ops.layerNorm(y, x, gain, bias, 1e-5f);
    between.run();
    ops.logits(logits, y, wte);
    between.run();
    ops.sample(sampled, logits, state);
    between.run();
    ops.advance(batch, sampled, queue);
    between.run();
  }

  Step record() {
    return keep(backend.record("decode", this::step));
  }

  Step recordSections() {
    return keep(backend.record("decode", this::stepInSections));
  }

  int[] take() {
    int[] tokens = new int[queue.rows()];
    queue.take(tokens);
    return tokens;
  }

  float[] logits() {
    return read(logits);
  }

  private float[] read(Tensor tensor) {
    float[] values = new float[(int) tensor.shape().elements()];
    backend.read(tensor, MemorySegment.ofArray(values));
    return values;
  }

  /** The last norm's result, and the queries, keys and values of the last layer. */
  float[] intermediates() {
    float[] norm = read(y);
    float[] rows = read(qkv);
    float[] both = Arrays.copyOf(norm, norm.length + rows.length);
    System.arraycopy(rows, 0, both, norm.length, rows.length);
    return both;
  }

  float[] keys() {
    int positions = 3;
    float[] keys = new float[positions * WIDTH];
    float[] values = new float[positions * WIDTH];
    backend.readKv(
        cache, 0, 0, positions, MemorySegment.ofArray(keys), MemorySegment.ofArray(values));
    return keys;
  }

  /** What is open, in the order in which it was made. */
  List<AutoCloseable> handles() {
    return open;
  }

  /** Closes all, whatever fails. */
  @Override
  public void close() {
    RuntimeException failure = null;
    Collections.reverse(open);
    for (AutoCloseable handle : open) {
      try {
        handle.close();
      } catch (RuntimeException e) {
        failure = failure == null ? e : failure;
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
    open.clear();
    if (failure != null) {
      throw failure;
    }
  }
}
