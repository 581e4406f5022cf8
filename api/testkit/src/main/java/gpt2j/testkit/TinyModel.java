package gpt2j.testkit;

import gpt2j.api.AttentionProbe;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.LinearWeights;
import gpt2j.api.Operations;
import gpt2j.api.SamplingParameters;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;

/** One block of a transformer with a cache, which evaluates batches of any rows. */
final class TinyModel {
  static final int VOCABULARY = 97;
  static final int CONTEXT = 160;
  private static final int HEADS = 3;
  private static final int WIDTH = 48;

  private final Workbench bench;
  private final Operations operations;
  private final EmbeddingTable wte;
  private final EmbeddingTable wpe;
  private final Tensor gain;
  private final Tensor bias;
  private final LinearWeights attention;
  private final LinearWeights projection;
  private final LinearWeights expansion;
  private final LinearWeights contraction;
  private final KvCache cache;

  TinyModel(
      Workbench bench, WeightFormat precision, WeightFormat cacheType, int slots, int capacity) {
    this.bench = bench;
    operations = bench.operations();
    wte = table(1, VOCABULARY, precision);
    wpe = table(2, CONTEXT, precision);
    gain = bench.floats(Numbers.random(3, WIDTH, 1), WIDTH);
    bias = bench.floats(Numbers.random(4, WIDTH, 0.5), WIDTH);
    attention = linear(5, WIDTH, 3 * WIDTH, precision);
    projection = linear(6, WIDTH, WIDTH, precision);
    expansion = linear(7, WIDTH, 4 * WIDTH, precision);
    contraction = linear(8, 4 * WIDTH, WIDTH, precision);
    cache = bench.cache(new KvCacheSpec(1, HEADS, WIDTH / HEADS, slots, capacity, cacheType));
  }

  private EmbeddingTable table(long seed, int rows, WeightFormat precision) {
    return bench.table(
        Numbers.host(Numbers.random(seed, rows * WIDTH, 0.5), rows, WIDTH), precision);
  }

  private LinearWeights linear(long seed, int inputs, int outputs, WeightFormat precision) {
    float[] weight = Numbers.random(seed, inputs * outputs, 1.5 / Math.sqrt(inputs));
    float[] biases = Numbers.random(seed, outputs, 0.5);
    return bench.weights(
        Numbers.host(weight, inputs, outputs), Numbers.host(biases, outputs), precision);
  }

  /** Evaluates rows; behind the logits a token is drawn for each, as in generation. */
  float[] logits(Rows rows) {
    int count = rows.count();
    TokenBatch batch = bench.batch(rows);
    Tensor x = bench.floats(count, WIDTH);
    Tensor normalized = bench.floats(count, WIDTH);
    Tensor qkv = bench.floats(count, 3 * WIDTH);
    Tensor attended = bench.floats(count, WIDTH);
    Tensor expanded = bench.floats(count, 4 * WIDTH);
    Tensor logits = bench.floats(count, VOCABULARY);
    Tensor tokens = bench.ints(new int[count]);
    float scale = (float) (1 / Math.sqrt(WIDTH / HEADS));
    operations.embed(x, batch, wte, wpe);
    operations.layerNorm(normalized, x, gain, bias, 1e-5f);
    operations.linear(qkv, normalized, attention, Epilogue.NONE);
    operations.appendKv(cache, 0, qkv, batch);
    operations.attention(attended, qkv, cache, 0, batch, scale, AttentionProbe.NONE);
    operations.linear(x, attended, projection, Epilogue.ADD_TO_OUT);
    operations.layerNorm(normalized, x, gain, bias, 1e-5f);
    operations.linear(expanded, normalized, expansion, Epilogue.GELU_TANH);
    operations.linear(x, expanded, contraction, Epilogue.ADD_TO_OUT);
    operations.layerNorm(normalized, x, gain, bias, 1e-5f);
    operations.logits(logits, normalized, wte);
    operations.sample(
        tokens, logits, bench.sampling(count, VOCABULARY, SamplingParameters.random(1)));
    return bench.read(logits);
  }

  /** Makes the beginning of a slot that of another. */
  void copy(int toSlot, int fromSlot, int positions) {
    operations.copyKv(cache, toSlot, cache, fromSlot, positions);
  }
}
