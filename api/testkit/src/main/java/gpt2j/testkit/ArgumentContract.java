package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import gpt2j.api.AttentionProbe;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.LinearWeights;
import gpt2j.api.Operations;
import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What doesn't fit is an {@link IllegalArgumentException}, at the call that is wrong. */
abstract class ArgumentContract extends Contract {
  /** Three rows, width 8 in two heads, 11 tokens, 5 positions, 2 slots, 2 layers. */
  private static final class Fixture {
    final Workbench bench;
    final Operations operations;
    final TokenBatch batch;
    final EmbeddingTable wte;
    final EmbeddingTable wpe;
    final Tensor x;
    final Tensor out;
    final Tensor qkv;
    final Tensor vector;
    final Tensor logits;
    final Tensor tokens;
    final KvCache cache;

    Fixture(Workbench bench) {
      this.bench = bench;
      operations = bench.operations();
      batch = bench.batch(Rows.ofSlot(0, 0, 3));
      wte = bench.table(Numbers.host(new float[11 * 8], 11, 8), WeightFormat.F32);
      wpe = bench.table(Numbers.host(new float[5 * 8], 5, 8), WeightFormat.F32);
      x = zeros(3, 8);
      out = zeros(3, 8);
      qkv = zeros(3, 24);
      vector = zeros(8);
      logits = zeros(3, 11);
      tokens = bench.ints(1, 2, 3);
      cache = cache(2, 2, 4, 5, WeightFormat.F32);
    }

    Tensor zeros(int... sizes) {
      int elements = 1;
      for (int size : sizes) {
        elements *= size;
      }
      return bench.floats(new float[elements], sizes);
    }

    KvCache cache(int layers, int heads, int headSize, int capacity, WeightFormat type) {
      return bench.cache(new KvCacheSpec(layers, heads, headSize, 2, capacity, type));
    }

    LinearWeights weights(int inputs, int outputs) {
      HostTensor weight = Numbers.host(new float[inputs * outputs], inputs, outputs);
      return bench.weights(weight, null, WeightFormat.F32);
    }

    EmbeddingTable table(int rows, int width) {
      return bench.table(Numbers.host(new float[rows * width], rows, width), WeightFormat.F32);
    }

    SamplingState sampling(int rows, int vocabulary) {
      return bench.sampling(rows, vocabulary, SamplingParameters.greedy());
    }

    void attend(Tensor to, Tensor from, KvCache past, int layer, TokenBatch rows) {
      operations.attention(to, from, past, layer, rows, 1, AttentionProbe.NONE);
    }

    void probe(@Nullable Tensor scores, @Nullable Tensor probabilities) {
      bench.probe(out, qkv, cache, batch, 1, new AttentionProbe(scores, probabilities));
    }

    void readKv(int layer, int slot, int positions, int keyBytes, int valueBytes) {
      MemorySegment keys = MemorySegment.ofArray(new byte[keyBytes]);
      MemorySegment values = MemorySegment.ofArray(new byte[valueBytes]);
      bench.backend().readKv(cache, layer, slot, positions, keys, values);
    }
  }

  ArgumentContract(BackendContract subject) {
    super(subject);
  }

  @TestFactory
  Stream<DynamicTest> refuses() {
    Map<String, Consumer<Fixture>> wrong = new LinkedHashMap<>();
    addEmbedAndNorm(wrong);
    addProducts(wrong);
    addAttention(wrong);
    addRows(wrong);
    addHost(wrong);
    return wrong.entrySet().stream()
        .map(call -> dynamicTest(call.getKey(), () -> assertRefused(call.getValue())));
  }

  private void assertRefused(Consumer<Fixture> call) {
    onBackend(
        bench -> {
          Fixture fixture = new Fixture(bench);
          try {
            call.accept(fixture);
          } catch (IllegalArgumentException refusal) {
            String message = String.valueOf(refusal.getMessage());
            assertEquals(1, message.lines().count(), message);
            return;
          }
          fail("was not refused");
        });
  }

  private static void addEmbedAndNorm(Map<String, Consumer<Fixture>> wrong) {
    wrong.put(
        "embed: out too narrow", f -> f.operations.embed(f.zeros(3, 7), f.batch, f.wte, f.wpe));
    wrong.put("embed: too few rows", f -> f.operations.embed(f.zeros(2, 8), f.batch, f.wte, f.wpe));
    wrong.put(
        "embed: too many rows", f -> f.operations.embed(f.zeros(4, 8), f.batch, f.wte, f.wpe));
    wrong.put("embed: out of rank 1", f -> f.operations.embed(f.zeros(24), f.batch, f.wte, f.wpe));
    wrong.put(
        "embed: widths differ", f -> f.operations.embed(f.out, f.batch, f.wte, f.table(5, 7)));
    wrong.put("embed: out of I32", f -> f.operations.embed(f.tokens, f.batch, f.wte, f.wpe));
    wrong.put(
        "layerNorm: rows differ",
        f -> f.operations.layerNorm(f.zeros(2, 8), f.x, f.vector, f.vector, 1));
    wrong.put(
        "layerNorm: widths differ",
        f -> f.operations.layerNorm(f.zeros(3, 9), f.x, f.vector, f.vector, 1));
    wrong.put(
        "layerNorm: short gain", f -> f.operations.layerNorm(f.out, f.x, f.zeros(7), f.vector, 1));
    wrong.put(
        "layerNorm: long bias", f -> f.operations.layerNorm(f.out, f.x, f.vector, f.zeros(9), 1));
    wrong.put(
        "layerNorm: gain of rank 2",
        f -> f.operations.layerNorm(f.out, f.x, f.zeros(1, 8), f.vector, 1));
  }

  private static void addProducts(Map<String, Consumer<Fixture>> wrong) {
    for (Epilogue e : Epilogue.values()) {
      wrong.put(
          "linear: inputs differ, " + e, f -> f.operations.linear(f.out, f.x, f.weights(7, 8), e));
      wrong.put(
          "linear: outputs differ, " + e, f -> f.operations.linear(f.out, f.x, f.weights(8, 9), e));
      wrong.put(
          "linear: rows differ, " + e,
          f -> f.operations.linear(f.zeros(4, 8), f.x, f.weights(8, 8), e));
    }
    wrong.put(
        "linear: out of I32",
        f -> f.operations.linear(f.tokens, f.x, f.weights(8, 1), Epilogue.NONE));
    wrong.put("logits: widths differ", f -> f.operations.logits(f.logits, f.zeros(3, 7), f.wte));
    wrong.put("logits: tokens differ", f -> f.operations.logits(f.zeros(3, 12), f.x, f.wte));
    wrong.put("logits: rows differ", f -> f.operations.logits(f.zeros(2, 11), f.x, f.wte));
  }

  private static void addAttention(Map<String, Consumer<Fixture>> wrong) {
    wrong.put(
        "appendKv: too narrow", f -> f.operations.appendKv(f.cache, 0, f.zeros(3, 8), f.batch));
    wrong.put(
        "appendKv: rows differ", f -> f.operations.appendKv(f.cache, 0, f.zeros(2, 24), f.batch));
    wrong.put("appendKv: no such layer", f -> f.operations.appendKv(f.cache, 2, f.qkv, f.batch));
    wrong.put("appendKv: negative layer", f -> f.operations.appendKv(f.cache, -1, f.qkv, f.batch));
    wrong.put("attention: out too wide", f -> f.attend(f.zeros(3, 24), f.qkv, f.cache, 0, f.batch));
    wrong.put("attention: only queries", f -> f.attend(f.out, f.x, f.cache, 0, f.batch));
    wrong.put("attention: rows differ", f -> f.attend(f.zeros(4, 8), f.qkv, f.cache, 0, f.batch));
    wrong.put(
        "attention: batch differs", f -> f.attend(f.out, f.qkv, f.cache, 0, f.batch.first(2)));
    wrong.put("attention: no such layer", f -> f.attend(f.out, f.qkv, f.cache, 2, f.batch));
    wrong.put("attention: negative layer", f -> f.attend(f.out, f.qkv, f.cache, -1, f.batch));
    wrong.put("scores: capacity differs", f -> f.probe(f.zeros(3, 2, 4), null));
    wrong.put("scores: heads differ", f -> f.probe(f.zeros(3, 3, 5), null));
    wrong.put("scores: rows differ", f -> f.probe(f.zeros(2, 2, 5), null));
    wrong.put("probabilities: capacity differs", f -> f.probe(null, f.zeros(3, 2, 4)));
    wrong.put("probabilities: heads differ", f -> f.probe(null, f.zeros(3, 3, 5)));
    wrong.put("probabilities: rows differ", f -> f.probe(null, f.zeros(2, 2, 5)));
    wrong.put(
        "scores and probabilities in one tensor",
        f -> {
          Tensor both = f.zeros(3, 2, 5);
          f.probe(both, both);
        });
    wrong.put("copyKv: no such slot to", f -> f.operations.copyKv(f.cache, 2, f.cache, 0, 1));
    wrong.put("copyKv: no such slot from", f -> f.operations.copyKv(f.cache, 0, f.cache, -1, 1));
    wrong.put("copyKv: too many positions", f -> f.operations.copyKv(f.cache, 0, f.cache, 1, 6));
    wrong.put("copyKv: negative positions", f -> f.operations.copyKv(f.cache, 0, f.cache, 1, -1));
    wrong.put("copyKv: target too short", f -> copy(f, f.cache(2, 2, 4, 3, WeightFormat.F32), 4));
    wrong.put("copyKv: layers differ", f -> copy(f, f.cache(3, 2, 4, 5, WeightFormat.F32), 1));
    wrong.put("copyKv: types differ", f -> copy(f, f.cache(2, 2, 4, 5, WeightFormat.BF16), 1));
    wrong.put("copyKv: heads differ", f -> copy(f, f.cache(2, 4, 2, 5, WeightFormat.F32), 1));
  }

  private static void copy(Fixture f, KvCache to, int positions) {
    f.operations.copyKv(to, 0, f.cache, 0, positions);
  }

  private static void addRows(Map<String, Consumer<Fixture>> wrong) {
    wrong.put(
        "selectRows: widths differ", f -> f.operations.selectRows(f.zeros(3, 7), f.x, f.tokens));
    wrong.put(
        "selectRows: rows differ", f -> f.operations.selectRows(f.zeros(2, 8), f.x, f.tokens));
    wrong.put("selectRows: rows of F32", f -> f.operations.selectRows(f.out, f.x, f.zeros(3)));
    wrong.put(
        "crossEntropy: losses differ",
        f -> f.operations.crossEntropy(f.zeros(2), f.logits, f.tokens));
    wrong.put(
        "crossEntropy: rows differ",
        f -> f.operations.crossEntropy(f.zeros(3), f.zeros(2, 11), f.tokens));
    wrong.put(
        "crossEntropy: targets of F32",
        f -> f.operations.crossEntropy(f.zeros(3), f.logits, f.zeros(3)));
    wrong.put(
        "sample: tokens of F32", f -> f.operations.sample(f.zeros(3), f.logits, f.sampling(3, 11)));
    wrong.put(
        "sample: rows differ", f -> f.operations.sample(f.tokens, f.logits, f.sampling(2, 11)));
    wrong.put(
        "sample: tokens differ", f -> f.operations.sample(f.tokens, f.logits, f.sampling(3, 12)));
    wrong.put(
        "sample: too few logits",
        f -> f.operations.sample(f.tokens, f.zeros(2, 11), f.sampling(3, 11)));
    wrong.put("advance: rows differ", f -> f.operations.advance(f.batch, f.bench.ints(1, 2)));
    wrong.put(
        "advance: rows of the queue differ",
        f ->
            f.operations.advance(f.batch, f.tokens, f.bench.keep(f.bench.backend().tokenQueue(2))));
    wrong.put("queue: no rows", f -> f.bench.backend().tokenQueue(0));
    wrong.put("advance: tokens of F32", f -> f.operations.advance(f.batch, f.zeros(3)));
    wrong.put("reset: no such row", f -> f.sampling(3, 11).reset(3, 0, 0));
    wrong.put("reset: negative row", f -> f.sampling(3, 11).reset(-1, 0, 0));
    wrong.put("reset: no such token", f -> f.sampling(3, 11).reset(0, 0, 0, 5, 11));
    wrong.put("reset: negative token", f -> f.sampling(3, 11).reset(0, 0, 0, -1));
  }

  private static void addHost(Map<String, Consumer<Fixture>> wrong) {
    wrong.put("readKv: no such layer", f -> f.readKv(2, 0, 1, 32, 32));
    wrong.put("readKv: no such slot", f -> f.readKv(0, 2, 1, 32, 32));
    wrong.put("readKv: too many positions", f -> f.readKv(0, 0, 6, 192, 192));
    wrong.put("readKv: room for fewer keys", f -> f.readKv(0, 0, 2, 32, 64));
    wrong.put("readKv: room for fewer values", f -> f.readKv(0, 0, 2, 64, 32));
    wrong.put(
        "weights: bias too short",
        f ->
            f.bench.weights(
                Numbers.host(new float[6], 2, 3), Numbers.host(new float[2], 2), WeightFormat.F32));
    wrong.put(
        "weights: rank 1",
        f -> f.bench.weights(Numbers.host(new float[6], 6), null, WeightFormat.F32));
    wrong.put("table: rank 1", f -> f.bench.table(Numbers.host(new float[6], 6), WeightFormat.F32));
    wrong.put(
        "table: rank 3", f -> f.bench.table(Numbers.host(new float[6], 1, 2, 3), WeightFormat.F32));
    wrong.put("sampling: no rows", f -> f.sampling(0, 11));
    wrong.put("sampling: no tokens", f -> f.sampling(3, 0));
  }
}
