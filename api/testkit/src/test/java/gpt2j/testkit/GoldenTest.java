package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import gpt2j.api.AttentionProbe;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.LinearWeights;
import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The reference backend against PyTorch in float64 ({@code src/test/python/make_golden.py}): equal
 * but for the rounding of results to float32.
 */
class GoldenTest {
  private static final double ROUNDING = 0x1p-24;
  private static final Golden GOLDEN = Golden.read();

  private final Backend backend = new ReferenceBackendProvider().open(BackendOptions.defaults());
  private Workbench bench;

  @BeforeEach
  void open() {
    bench = new Workbench(new ReferenceContractTest(), backend);
  }

  @AfterEach
  void close() {
    bench.close();
    backend.close();
  }

  @Test
  void layerNorm() {
    Tensor out = bench.floats(GOLDEN.shape("layer_norm.out"));
    Tensor gain = tensor("layer_norm.gain");
    Tensor bias = tensor("layer_norm.bias");
    bench.operations().layerNorm(out, tensor("layer_norm.x"), gain, bias, 1e-5f);
    assertGolden("layer_norm.out", out);
  }

  @ParameterizedTest
  @EnumSource
  void linear(Epilogue epilogue) {
    LinearWeights weights =
        bench.weights(host("linear.weight"), host("linear.bias"), WeightFormat.F32);
    Tensor out = tensor("linear.residual");
    bench.operations().linear(out, tensor("linear.x"), weights, epilogue);
    assertGolden("linear." + epilogue, out);
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void linearOfFewerBits(WeightFormat format) {
    LinearWeights weights = bench.weights(host("linear.weight"), host("linear.bias"), format);
    Tensor out = bench.floats(GOLDEN.shape("linear.NONE"));
    bench.operations().linear(out, tensor("linear.x"), weights, Epilogue.NONE);
    assertGolden("linear." + format, out);
  }

  /** GGUF's formats, bit for bit, whatever the stride. */
  @ParameterizedTest
  @EnumSource(names = {"Q8_0", "Q4_0"})
  void groupsOfWeights(WeightFormat format) {
    int rows = 8;
    int width = 64;
    float[] weights = GOLDEN.floats("formats.weights");
    float[] expected = GOLDEN.floats("formats." + format);
    float[] transposed = new float[weights.length];
    for (int i = 0; i < weights.length; i++) {
      transposed[i % width * rows + i / width] = weights[i];
    }
    for (int row = 0; row < rows; row++) {
      format.round(weights, row * width, width, 1);
      format.round(transposed, row, width, rows);
    }
    for (int i = 0; i < weights.length; i++) {
      assertEquals(expected[i], weights[i], "weight " + i);
      assertEquals(expected[i], transposed[i % width * rows + i / width], "transposed, " + i);
    }
  }

  @Test
  void gelu() {
    double[] x = GOLDEN.doubles("gelu.x");
    for (int i = 0; i < x.length; i++) {
      assertEquals(GOLDEN.doubles("gelu.tanh")[i], Formulas.geluTanh(x[i]), 1e-14, "tanh " + x[i]);
      assertEquals(GOLDEN.doubles("gelu.erf")[i], Formulas.geluErf(x[i]), 1e-14, "erf " + x[i]);
    }
  }

  @Test
  void erf() {
    double[] x = GOLDEN.doubles("erf.x");
    for (int i = 0; i < x.length; i++) {
      double expected = GOLDEN.doubles("erf.out")[i];
      assertEquals(expected, Erf.of(x[i]), 2e-15 * expected, "erf " + x[i]);
      assertEquals(-Erf.of(x[i]), Erf.of(-x[i]), "erf is odd");
    }
    assertEquals(1, Erf.of(Double.POSITIVE_INFINITY));
    assertEquals(-1, Erf.of(Double.NEGATIVE_INFINITY));
    assertEquals(Double.NaN, Erf.of(Double.NaN));
  }

  /** The whole sequence at once, and then each row alone, last first. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void attention(WeightFormat type) {
    String name = "attention." + type;
    KvCache cache = bench.cache(new KvCacheSpec(2, 3, 5, 2, 9, type));
    Tensor qkv = tensor(name + ".qkv");
    Tensor out = bench.floats(9, 15);
    Tensor probabilities = bench.floats(9, 3, 9);
    TokenBatch batch = bench.batch(Rows.ofSlot(1, 0, 9));
    AttentionProbe probe = new AttentionProbe(bench.floats(9, 3, 9), probabilities);
    bench.operations().appendKv(cache, 1, qkv, batch);
    bench.operations().attention(out, qkv, cache, 1, batch, 0.4f, probe);
    assertGolden(name + ".out", out);
    assertGolden(name + ".probabilities", probabilities);
    assertGolden(name + ".scores", Objects.requireNonNull(probe.scores()));
    Tensor again = bench.floats(9, 15);
    for (int row = 8; row >= 0; row--) {
      TokenBatch single = bench.batch(Rows.ofSlot(1, row, 1));
      bench
          .operations()
          .attention(
              again.rows(row, 1), qkv.rows(row, 1), cache, 1, single, 0.4f, AttentionProbe.NONE);
    }
    assertArrayEquals(bench.read(out), bench.read(again));
  }

  @Test
  void logits() {
    EmbeddingTable head = bench.table(host("logits.head"), WeightFormat.F32);
    Tensor out = bench.floats(GOLDEN.shape("logits.out"));
    bench.operations().logits(out, tensor("logits.x"), head);
    assertGolden("logits.out", out);
  }

  @Test
  void crossEntropy() {
    Tensor losses = bench.floats(4);
    Tensor targets = bench.ints(GOLDEN.ints("cross_entropy.targets"));
    bench.operations().crossEntropy(losses, tensor("cross_entropy.logits"), targets);
    assertGolden("cross_entropy.losses", losses);
  }

  /** Every combination of parameters, 25 draws each, against a sampler of NumPy. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void sampling(boolean secondRow) {
    float[] parameters = GOLDEN.floats("sampling.parameters"); // [sequences, 5]
    int[] expected = GOLDEN.ints("sampling.tokens"); // [sequences, steps]
    float[] logits = GOLDEN.floats("sampling.logits"); // [steps, vocabulary]
    int steps = GOLDEN.shape("sampling.logits")[0];
    int vocabulary = GOLDEN.shape("sampling.logits")[1];
    int rows = secondRow ? 2 : 1;
    for (int i = 0; i < parameters.length / 5; i++) {
      float[] p = Arrays.copyOfRange(parameters, 5 * i, 5 * i + 5);
      long seed = 0x9E3779B97F4A7C15L * i & Long.MAX_VALUE;
      SamplingParameters sampled = new SamplingParameters(p[0], (int) p[1], p[2], p[3], p[4], seed);
      SamplingState state = bench.sampling(rows, vocabulary, sampled);
      state.reset(rows - 1, 3L * i + ((long) i << 33), 1000 * i, i % vocabulary);
      Tensor tokens = bench.ints(new int[rows]);
      for (int step = 0; step < steps; step++) {
        float[] values = new float[rows * vocabulary];
        System.arraycopy(logits, step * vocabulary, values, (rows - 1) * vocabulary, vocabulary);
        bench.operations().sample(tokens, bench.floats(values, rows, vocabulary), state);
        int token = bench.readInts(tokens)[rows - 1];
        assertEquals(expected[i * steps + step], token, sampled + ", draw " + step);
      }
    }
  }

  private Tensor tensor(String name) {
    return bench.floats(GOLDEN.floats(name), GOLDEN.shape(name));
  }

  private HostTensor host(String name) {
    return Numbers.host(GOLDEN.floats(name), GOLDEN.shape(name));
  }

  private void assertGolden(String name, Tensor actual) {
    double[] expected = GOLDEN.doubles(name);
    float[] values = bench.read(actual);
    assertArrayEquals(GOLDEN.shape(name), sizes(actual), name);
    for (int i = 0; i < expected.length; i++) {
      double allowed = ROUNDING * Math.abs(expected[i]) + 1e-14;
      assertEquals(expected[i], values[i], allowed, name + ", element " + i);
    }
  }

  private static int[] sizes(Tensor tensor) {
    int[] sizes = new int[tensor.shape().rank()];
    Arrays.setAll(sizes, axis -> tensor.shape().size(axis));
    return sizes;
  }
}
