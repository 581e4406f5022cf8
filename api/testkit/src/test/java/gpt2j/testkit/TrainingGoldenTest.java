package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.AdamW;
import gpt2j.api.training.Dropout;
import gpt2j.api.training.TrainingOperations;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The reference backend's training against PyTorch's gradients and AdamW in float64 ({@code
 * src/test/python/make_golden.py}).
 */
class TrainingGoldenTest {
  private static final Golden GOLDEN = Golden.read();

  private final Backend backend = new ReferenceBackendProvider().open(BackendOptions.defaults());
  private final TrainingOperations operations = backend.training();
  private Workbench bench;

  @BeforeEach
  void open() {
    bench = new Workbench(new ReferenceTrainingContractTest(), backend);
  }

  @AfterEach
  void close() {
    bench.close();
    backend.close();
  }

  /** Another program's generator drops the same elements. */
  @Test
  void dropout() {
    DropoutMask mask = DropoutMask.of(random(), 77);
    double[] expected = GOLDEN.doubles("dropout.mask");
    for (int element = 0; element < expected.length; element++) {
      assertEquals(expected[element], mask.factor(element), 1e-14, "element " + element);
    }
  }

  /** With probability p about p of all elements are dropped, and the mean stays. */
  @ParameterizedTest
  @ValueSource(floats = {0.001f, 0.1f, 0.5f, 0.9f})
  void dropoutKeepsTheMean(float probability) {
    int count = 100_000;
    DropoutMask mask = DropoutMask.of(new Dropout.Random(probability, 3, 0, bench.ints(0)), 0);
    int dropped = 0;
    double sum = 0;
    for (int element = 0; element < count; element++) {
      double factor = mask.factor(element);
      dropped += factor == 0 ? 1 : 0;
      sum += factor;
    }
    double deviation = Math.sqrt(probability * (1 - probability) / count);
    assertEquals(probability, (double) dropped / count, 4 * deviation);
    assertEquals(1, sum / count, 4 * deviation / (1 - probability));
  }

  private Dropout random() {
    return new Dropout.Random(0.3f, 0x1234_5678_9ABC_DEF0L, 5, bench.ints(77));
  }

  @Test
  void layerNorm() {
    Tensor x = tensor("layer_norm_backward.x");
    Tensor gain = tensor("layer_norm_backward.gain");
    Tensor bias = tensor("layer_norm_backward.bias");
    Tensor mean = bench.floats(4);
    Tensor rstd = bench.floats(4);
    operations.layerNorm(bench.floats(4, 13), mean, rstd, x, gain, bias, 1e-5f);
    Tensor xGradient = bench.floats(new float[4 * 13], 4, 13);
    Tensor gainGradient = bench.floats(new float[13], 13);
    Tensor biasGradient = bench.floats(new float[13], 13);
    Tensor outGradient = tensor("layer_norm_backward.gradient");
    operations.layerNormBackward(
        xGradient, gainGradient, biasGradient, outGradient, x, gain, mean, rstd);
    assertGolden("layer_norm_backward.by_x", xGradient, 1e-6);
    assertGolden("layer_norm_backward.by_gain", gainGradient, 1e-6);
    assertGolden("layer_norm_backward.by_bias", biasGradient, 1e-6);
  }

  @ParameterizedTest
  @EnumSource
  void gelu(GeluForm form) {
    double[] x = GOLDEN.doubles("gelu_backward.x");
    double[] expected = GOLDEN.doubles("gelu_backward." + form);
    for (int i = 0; i < x.length; i++) {
      assertEquals(expected[i], Formulas.geluDerivative(form, x[i]), 1e-14, form + " " + x[i]);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "dropout"})
  void attention(String kind) {
    String name = "attention_backward." + kind;
    Dropout dropout = kind.equals("none") ? Dropout.NONE : random();
    Tensor qkv = tensor("attention_backward.qkv");
    Tensor out = bench.floats(10, 12);
    Tensor logSumExp = bench.floats(10, 3);
    operations.attention(out, logSumExp, qkv, 5, 3, 0.4f, dropout);
    assertGolden(name + ".out", out, 1e-7);
    assertGolden(name + ".log_sum_exp", logSumExp, 1e-7);
    Tensor gradient = bench.floats(10, 36);
    Tensor outGradient = tensor("attention_backward.gradient");
    operations.attentionBackward(gradient, outGradient, out, logSumExp, qkv, 5, 3, 0.4f, dropout);
    assertGolden(name + ".by_qkv", gradient, 1e-6);
  }

  @Test
  void crossEntropy() {
    Tensor losses = bench.floats(6);
    Tensor gradient = bench.floats(6, 11);
    Tensor targets = bench.ints(GOLDEN.ints("loss_backward.targets"));
    Tensor scale = bench.floats(new float[] {0.25f}, 1);
    operations.crossEntropy(losses, gradient, tensor("loss_backward.logits"), targets, scale);
    assertGolden("loss_backward.losses", losses, 1e-7);
    assertGolden("loss_backward.by_logits", gradient, 1e-7);
  }

  /** Three updates, each clipped to a norm of 1. */
  @Test
  void adamW() {
    AdamW settings = new AdamW(0.9f, 0.95f, 1e-6f, 0.1f);
    Tensor parameter = tensor("adamw.parameter");
    Tensor gradient = bench.floats(17);
    Tensor firstMoment = bench.floats(new float[17], 17);
    Tensor secondMoment = bench.floats(new float[17], 17);
    Tensor norm = bench.floats(2);
    Tensor schedule = bench.floats(3);
    float[] gradients = GOLDEN.floats("adamw.gradients"); // [3, 17]
    for (int update = 1; update <= 3; update++) {
      bench.write(gradient, Arrays.copyOfRange(gradients, 17 * (update - 1), 17 * update));
      float c1 = (float) (1 - Math.pow(settings.beta1(), update));
      float c2 = (float) (1 - Math.pow(settings.beta2(), update));
      bench.write(schedule, 0.01f, c1, c2);
      operations.gradientNorm(norm, List.of(gradient), 1);
      assertEquals(GOLDEN.doubles("adamw.norms")[update - 1], bench.read(norm)[0], 1e-6);
      operations.adamW(parameter, gradient, firstMoment, secondMoment, norm, schedule, settings);
    }
    assertGolden("adamw.updated", parameter, 1e-6);
  }

  private Tensor tensor(String name) {
    return bench.floats(GOLDEN.floats(name), GOLDEN.shape(name));
  }

  private void assertGolden(String name, Tensor actual, double tolerance) {
    int[] sizes = new int[actual.shape().rank()];
    Arrays.setAll(sizes, axis -> actual.shape().size(axis));
    assertArrayEquals(GOLDEN.shape(name), sizes, name);
    bench.expect(name, actual, GOLDEN.doubles(name), tolerance);
  }
}
