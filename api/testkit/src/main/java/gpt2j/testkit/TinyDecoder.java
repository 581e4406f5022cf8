package gpt2j.testkit;

import gpt2j.api.AttentionProbe;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.LinearWeights;
import gpt2j.api.Operations;
import gpt2j.api.Profiler;
import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;

/** One block of a transformer that goes on from its own tokens: every operation in real use. */
final class TinyDecoder {
  static final int VOCABULARY = 97;
  private static final int HEADS = 3;
  private static final int WIDTH = 24;
  private static final int CONTEXT = 50;
  private static final WeightFormat PRECISION = WeightFormat.F32;

  private final Operations operations;
  private final Profiler profiler;
  private final EmbeddingTable wte;
  private final EmbeddingTable wpe;
  private final Tensor gain;
  private final Tensor bias;
  private final LinearWeights attention;
  private final LinearWeights projection;
  private final LinearWeights expansion;
  private final LinearWeights contraction;
  private final KvCache cache;
  private final SamplingState state;
  private final TokenBatch batch;
  private final Tensor x;
  private final Tensor normalized;
  private final Tensor qkv;
  private final Tensor attended;
  private final Tensor expanded;
  private final Tensor logits;
  private final Tensor sampled;

  TinyDecoder(Workbench bench, int rows, SamplingParameters parameters) {
    operations = bench.operations();
    profiler = bench.backend().profiler();
    wte = bench.table(Numbers.host(random(1, VOCABULARY * WIDTH), VOCABULARY, WIDTH), PRECISION);
    wpe = bench.table(Numbers.host(random(2, CONTEXT * WIDTH), CONTEXT, WIDTH), PRECISION);
    gain = bench.floats(Numbers.repeated(1.5f, WIDTH), WIDTH);
    bias = bench.floats(random(3, WIDTH), WIDTH);
    attention = linear(bench, WIDTH, 3 * WIDTH);
    projection = linear(bench, WIDTH, WIDTH);
    expansion = linear(bench, WIDTH, 4 * WIDTH);
    contraction = linear(bench, 4 * WIDTH, WIDTH);
    cache = bench.cache(new KvCacheSpec(1, HEADS, WIDTH / HEADS, rows, CONTEXT, WeightFormat.F32));
    state = bench.sampling(rows, VOCABULARY, parameters);
    int[] tokens = new int[rows];
    int[] slots = new int[rows];
    for (int row = 0; row < rows; row++) {
      tokens[row] = row;
      slots[row] = rows - 1 - row;
    }
    batch = bench.batch(new Rows(tokens, new int[rows], slots));
    x = bench.floats(rows, WIDTH);
    normalized = bench.floats(rows, WIDTH);
    qkv = bench.floats(rows, 3 * WIDTH);
    attended = bench.floats(rows, WIDTH);
    expanded = bench.floats(rows, 4 * WIDTH);
    logits = bench.floats(rows, VOCABULARY);
    sampled = bench.ints(new int[rows]);
  }

  private static LinearWeights linear(Workbench bench, int inputs, int outputs) {
    float[] weight = Numbers.random(inputs + outputs, inputs * outputs, 1 / Math.sqrt(inputs));
    float[] bias = random(outputs, outputs);
    return bench.weights(
        Numbers.host(weight, inputs, outputs), Numbers.host(bias, outputs), PRECISION);
  }

  private static float[] random(long seed, int count) {
    return Numbers.random(seed, count, 0.5);
  }

  TokenBatch batch() {
    return batch;
  }

  Tensor logits() {
    return logits;
  }

  /** The next token of every sequence; all on the device. */
  void step() {
    float scale = (float) (1 / Math.sqrt(WIDTH / HEADS));
    profiler.section("embed");
    operations.embed(x, batch, wte, wpe);
    profiler.section("attention");
    operations.layerNorm(normalized, x, gain, bias, 1e-5f);
    operations.linear(qkv, normalized, attention, Epilogue.NONE);
    operations.appendKv(cache, 0, qkv, batch);
    operations.attention(attended, qkv, cache, 0, batch, scale, AttentionProbe.NONE);
    operations.linear(x, attended, projection, Epilogue.ADD_TO_OUT);
    profiler.section("mlp");
    operations.layerNorm(normalized, x, gain, bias, 1e-5f);
    operations.linear(expanded, normalized, expansion, Epilogue.GELU_TANH);
    operations.linear(x, expanded, contraction, Epilogue.ADD_TO_OUT);
    profiler.section("sample");
    operations.layerNorm(normalized, x, gain, bias, 1e-5f);
    operations.logits(logits, normalized, wte);
    operations.sample(sampled, logits, state);
    operations.advance(batch, sampled);
    profiler.end();
  }
}
