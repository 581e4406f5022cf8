package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.AdamW;
import gpt2j.api.training.Dropout;
import gpt2j.api.training.TrainingOperations;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What doesn't fit is an {@link IllegalArgumentException}, at the call that is wrong. */
abstract class TrainingArgumentContract extends TrainingPart {
  /**
   * Two sequences of three tokens, width 8 in two heads, 11 tokens, a context of 5; linear takes 8
   * to 10.
   */
  private static final class Fixture {
    final Workbench bench;
    final TrainingOperations operations;
    final Tensor tokens;
    final Tensor x;
    final Tensor y;
    final Tensor z;
    final Tensor wide;
    final Tensor wte;
    final Tensor wpe;
    final Tensor weight;
    final Tensor bias;
    final Tensor qkv;
    final Tensor qkv2;
    final Tensor logSumExp;
    final Tensor logits;
    final Tensor gain;
    final Tensor gain2;
    final Tensor gain3;
    final Tensor losses;
    final Tensor losses2;
    final Tensor one;
    final Tensor two;
    final Tensor three;

    Fixture(Workbench bench) {
      this.bench = bench;
      operations = bench.training();
      tokens = bench.ints(1, 2, 3, 4, 5, 6);
      x = zeros(6, 8);
      y = zeros(6, 8);
      z = zeros(6, 8);
      wide = zeros(6, 10);
      wte = zeros(11, 8);
      wpe = zeros(5, 8);
      weight = zeros(8, 10);
      bias = zeros(10);
      qkv = zeros(6, 24);
      qkv2 = zeros(6, 24);
      logSumExp = zeros(6, 2);
      logits = zeros(6, 11);
      gain = zeros(8);
      gain2 = zeros(8);
      gain3 = zeros(8);
      losses = zeros(6);
      losses2 = zeros(6);
      one = zeros(1);
      two = zeros(2);
      three = zeros(3);
    }

    Tensor zeros(int... sizes) {
      int elements = 1;
      for (int size : sizes) {
        elements *= size;
      }
      return bench.floats(new float[elements], sizes);
    }

    void embed(Tensor out, Tensor rows, Tensor table, Tensor positions, int length) {
      operations.embed(out, rows, table, positions, length);
    }

    void norm(Tensor out, Tensor mean, Tensor deviation, Tensor in, Tensor scale, Tensor shift) {
      operations.layerNorm(out, mean, deviation, in, scale, shift, 1e-5f);
    }

    void normBackward(Tensor dx, Tensor dGain, Tensor dBias, Tensor dOut, Tensor mean) {
      operations.layerNormBackward(dx, dGain, dBias, dOut, z, gain3, mean, losses2);
    }

    void linearBackward(Tensor dx, Tensor dWeight, @Nullable Tensor dBias, Tensor dOut, Tensor in) {
      operations.linearBackward(dx, dWeight, dBias, dOut, in, weight);
    }

    void attend(Tensor out, Tensor sums, Tensor in, int length, int heads) {
      operations.attention(out, sums, in, length, heads, 1, Dropout.NONE);
    }

    void attendBackward(Tensor to, Tensor dOut, Tensor out, Tensor sums, int length, int heads) {
      operations.attentionBackward(to, dOut, out, sums, qkv2, length, heads, 1, Dropout.NONE);
    }

    void adamW(Tensor g, Tensor m, Tensor v, Tensor norm, Tensor schedule) {
      operations.adamW(x, g, m, v, norm, schedule, new AdamW(0.9f, 0.9f, 1e-8f, 0));
    }
  }

  TrainingArgumentContract(TrainingContract subject) {
    super(subject);
  }

  @TestFactory
  Stream<DynamicTest> refuses() {
    Map<String, Consumer<Fixture>> wrong = new LinkedHashMap<>();
    addEmbedding(wrong);
    addNorm(wrong);
    addProducts(wrong);
    addElementwise(wrong);
    addAttention(wrong);
    addLoss(wrong);
    addOptimizer(wrong);
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

  private static void addEmbedding(Map<String, Consumer<Fixture>> wrong) {
    wrong.put("embed: out too narrow", f -> f.embed(f.zeros(6, 7), f.tokens, f.wte, f.wpe, 3));
    wrong.put("embed: rows differ", f -> f.embed(f.zeros(5, 8), f.tokens, f.wte, f.wpe, 1));
    wrong.put("embed: widths differ", f -> f.embed(f.x, f.tokens, f.wte, f.zeros(5, 7), 3));
    wrong.put("embed: T doesn't divide n", f -> f.embed(f.x, f.tokens, f.wte, f.wpe, 4));
    wrong.put("embed: T beyond the context", f -> f.embed(f.x, f.tokens, f.wte, f.wpe, 6));
    wrong.put("embed: no T", f -> f.embed(f.x, f.tokens, f.wte, f.wpe, 0));
    wrong.put("embed: negative T", f -> f.embed(f.x, f.tokens, f.wte, f.wpe, -3));
    wrong.put("embed: tokens of F32", f -> f.embed(f.x, f.losses, f.wte, f.wpe, 3));
    wrong.put("embed: out is wte", f -> f.embed(f.x, f.tokens, f.x, f.wpe, 3));
    wrong.put(
        "embedBackward: rows differ",
        f -> f.operations.embedBackward(f.wte, f.wpe, f.zeros(5, 8), f.tokens, 1));
    wrong.put(
        "embedBackward: widths differ",
        f -> f.operations.embedBackward(f.wte, f.zeros(5, 7), f.x, f.tokens, 3));
    wrong.put(
        "embedBackward: T beyond the context",
        f -> f.operations.embedBackward(f.wte, f.wpe, f.x, f.tokens, 6));
    wrong.put(
        "embedBackward: one gradient for both",
        f -> f.operations.embedBackward(f.wte, f.wte, f.x, f.tokens, 3));
    wrong.put(
        "embedBackward: a gradient is an input",
        f -> f.operations.embedBackward(f.x, f.wpe, f.x, f.tokens, 3));
  }

  private static void addNorm(Map<String, Consumer<Fixture>> wrong) {
    wrong.put(
        "layerNorm: rows differ",
        f -> f.norm(f.zeros(5, 8), f.losses, f.losses2, f.x, f.gain, f.gain2));
    wrong.put("layerNorm: in place", f -> f.norm(f.x, f.losses, f.losses2, f.x, f.gain, f.gain2));
    wrong.put("layerNorm: short mean", f -> f.norm(f.y, f.bias, f.losses2, f.x, f.gain, f.gain2));
    wrong.put("layerNorm: long deviation", f -> f.norm(f.y, f.losses, f.gain, f.x, f.gain, f.gain));
    wrong.put(
        "layerNorm: mean and deviation in one",
        f -> f.norm(f.y, f.losses, f.losses, f.x, f.gain, f.gain2));
    wrong.put("layerNorm: long gain", f -> f.norm(f.y, f.losses, f.losses2, f.x, f.bias, f.gain));
    wrong.put("layerNorm: long bias", f -> f.norm(f.y, f.losses, f.losses2, f.x, f.gain, f.bias));
    wrong.put(
        "layerNormBackward: x's gradient is out's",
        f -> f.normBackward(f.x, f.gain, f.gain2, f.x, f.losses));
    wrong.put(
        "layerNormBackward: x's gradient is x",
        f -> f.normBackward(f.z, f.gain, f.gain2, f.x, f.losses));
    wrong.put(
        "layerNormBackward: one gradient for both",
        f -> f.normBackward(f.x, f.gain, f.gain, f.y, f.losses));
    wrong.put(
        "layerNormBackward: gain's gradient is gain",
        f -> f.normBackward(f.x, f.gain3, f.gain, f.y, f.losses));
    wrong.put(
        "layerNormBackward: widths differ",
        f -> f.normBackward(f.wide, f.gain, f.gain2, f.y, f.losses));
    wrong.put(
        "layerNormBackward: long mean", f -> f.normBackward(f.x, f.gain, f.gain2, f.y, f.gain3));
  }

  private static void addProducts(Map<String, Consumer<Fixture>> wrong) {
    wrong.put("linear: inputs differ", f -> f.operations.linear(f.wide, f.wide, f.weight, f.bias));
    wrong.put("linear: outputs differ", f -> f.operations.linear(f.y, f.x, f.weight, null));
    wrong.put("linear: long bias", f -> f.operations.linear(f.wide, f.x, f.weight, f.zeros(11)));
    wrong.put(
        "linear: rows differ", f -> f.operations.linear(f.zeros(5, 10), f.x, f.weight, f.bias));
    wrong.put("linear: in place", f -> f.operations.linear(f.x, f.x, f.zeros(8, 8), null));
    wrong.put(
        "linear: out is the weight",
        f -> {
          Tensor square = f.zeros(8, 8);
          f.operations.linear(square, f.zeros(8, 8), square, null);
        });
    wrong.put(
        "linearBackward: x's gradient is too wide",
        f -> f.linearBackward(f.wide, f.zeros(8, 10), null, f.wide, f.x));
    wrong.put(
        "linearBackward: x's gradient is x",
        f -> f.linearBackward(f.x, f.zeros(8, 10), null, f.wide, f.x));
    wrong.put(
        "linearBackward: the weight's gradient is the weight",
        f -> f.linearBackward(f.y, f.weight, null, f.wide, f.x));
    wrong.put(
        "linearBackward: the weight's gradient is transposed",
        f -> f.linearBackward(f.y, f.zeros(10, 8), null, f.wide, f.x));
    wrong.put(
        "linearBackward: short bias",
        f -> f.linearBackward(f.y, f.zeros(8, 10), f.gain, f.wide, f.x));
    wrong.put(
        "linearBackward: rows differ",
        f -> f.linearBackward(f.y, f.zeros(8, 10), null, f.zeros(5, 10), f.x));
    wrong.put("logits: widths differ", f -> f.operations.logits(f.logits, f.wide, f.wte));
    wrong.put("logits: tokens differ", f -> f.operations.logits(f.wide, f.x, f.wte));
    wrong.put("logits: rows differ", f -> f.operations.logits(f.zeros(5, 11), f.x, f.wte));
    wrong.put(
        "logitsBackward: x's gradient is x",
        f -> f.operations.logitsBackward(f.x, f.zeros(11, 8), f.logits, f.x, f.wte));
    wrong.put(
        "logitsBackward: wte's gradient is wte",
        f -> f.operations.logitsBackward(f.y, f.wte, f.logits, f.x, f.wte));
    wrong.put(
        "logitsBackward: tokens differ",
        f -> f.operations.logitsBackward(f.y, f.zeros(11, 8), f.wide, f.x, f.wte));
    wrong.put(
        "logitsBackward: rows differ",
        f -> f.operations.logitsBackward(f.zeros(5, 8), f.zeros(11, 8), f.logits, f.x, f.wte));
  }

  private static void addElementwise(Map<String, Consumer<Fixture>> wrong) {
    GeluForm form = GeluForm.TANH;
    wrong.put("gelu: in place", f -> f.operations.gelu(f.x, f.x, form));
    wrong.put("gelu: widths differ", f -> f.operations.gelu(f.wide, f.x, form));
    wrong.put("gelu: x of I32", f -> f.operations.gelu(f.x, f.tokens, form));
    wrong.put("geluBackward: x overwritten", f -> f.operations.geluBackward(f.x, f.y, f.x, form));
    wrong.put(
        "geluBackward: widths differ", f -> f.operations.geluBackward(f.z, f.wide, f.x, form));
    wrong.put("dropout: shapes differ", f -> f.operations.dropout(f.wide, f.x, Dropout.NONE));
    wrong.put("dropout: vectors", f -> f.operations.dropout(f.gain, f.gain2, Dropout.NONE));
    wrong.put("dropout: the pass is F32", f -> dropout(f, f.one));
    wrong.put("dropout: two passes", f -> dropout(f, f.tokens.rows(0, 2)));
    wrong.put("addResidual: to itself", f -> f.operations.addResidual(f.x, f.x, Dropout.NONE));
    wrong.put("addResidual: rows differ", f -> f.operations.addResidual(f.x, f.wte, Dropout.NONE));
  }

  private static void dropout(Fixture f, Tensor pass) {
    f.operations.dropout(f.y, f.x, new Dropout.Random(0.5f, 1, 2, pass));
  }

  private static void addAttention(Map<String, Consumer<Fixture>> wrong) {
    wrong.put("attention: out too wide", f -> f.attend(f.wide, f.logSumExp, f.qkv, 3, 2));
    wrong.put("attention: only queries", f -> f.attend(f.x, f.logSumExp, f.y, 3, 2));
    wrong.put("attention: rows differ", f -> f.attend(f.x, f.zeros(5, 2), f.qkv, 3, 2));
    wrong.put("attention: heads differ", f -> f.attend(f.x, f.logSumExp, f.qkv, 3, 4));
    wrong.put("attention: heads don't divide", f -> f.attend(f.x, f.zeros(6, 3), f.qkv, 3, 3));
    wrong.put("attention: no heads", f -> f.attend(f.x, f.logSumExp, f.qkv, 3, 0));
    wrong.put("attention: T doesn't divide n", f -> f.attend(f.x, f.logSumExp, f.qkv, 4, 2));
    wrong.put("attention: no T", f -> f.attend(f.x, f.logSumExp, f.qkv, 0, 2));
    wrong.put("attention: out is logSumExp", f -> f.attend(f.x, f.x, f.qkv, 3, 8));
    wrong.put(
        "attentionBackward: the gradient is qkv",
        f -> f.attendBackward(f.qkv2, f.x, f.y, f.logSumExp, 3, 2));
    wrong.put(
        "attentionBackward: rows differ",
        f -> f.attendBackward(f.qkv, f.wte, f.y, f.logSumExp, 3, 2));
    wrong.put(
        "attentionBackward: heads differ",
        f -> f.attendBackward(f.qkv, f.x, f.y, f.logSumExp, 3, 4));
    wrong.put(
        "attentionBackward: T doesn't divide n",
        f -> f.attendBackward(f.qkv, f.x, f.y, f.logSumExp, 4, 2));
  }

  private static void addLoss(Map<String, Consumer<Fixture>> wrong) {
    wrong.put(
        "crossEntropy: losses differ",
        f -> f.operations.crossEntropy(f.gain, f.zeros(6, 11), f.logits, f.tokens, f.one));
    wrong.put(
        "crossEntropy: gradients differ",
        f -> f.operations.crossEntropy(f.losses, f.wide, f.logits, f.tokens, f.one));
    wrong.put(
        "crossEntropy: targets of F32",
        f -> f.operations.crossEntropy(f.losses, f.logits, f.logits, f.losses2, f.one));
    wrong.put(
        "crossEntropy: a scale for each",
        f -> f.operations.crossEntropy(f.losses, f.logits, f.logits, f.tokens, f.losses2));
  }

  private static void addOptimizer(Map<String, Consumer<Fixture>> wrong) {
    wrong.put("zero: I32", f -> f.operations.zero(f.tokens));
    wrong.put("gradientNorm: no gradients", f -> f.operations.gradientNorm(f.two, List.of(), 1));
    wrong.put("gradientNorm: no factor", f -> f.operations.gradientNorm(f.one, List.of(f.x), 1));
    wrong.put(
        "gradientNorm: gradient of I32",
        f -> f.operations.gradientNorm(f.two, List.of(f.x, f.tokens), 1));
    wrong.put(
        "gradientNorm: out is a gradient",
        f -> f.operations.gradientNorm(f.two, List.of(f.x, f.two), 1));
    for (float maximum : new float[] {0, -1, Float.NaN}) {
      wrong.put(
          "gradientNorm: maximum " + maximum,
          f -> f.operations.gradientNorm(f.two, List.of(f.x), maximum));
    }
    wrong.put("adamW: gradients differ", f -> f.adamW(f.wide, f.y, f.z, f.two, f.three));
    wrong.put("adamW: moments differ", f -> f.adamW(f.y, f.wte, f.z, f.two, f.three));
    wrong.put("adamW: second moments differ", f -> f.adamW(f.y, f.z, f.losses, f.two, f.three));
    wrong.put("adamW: no factor", f -> f.adamW(f.y, f.z, f.zeros(6, 8), f.one, f.three));
    wrong.put("adamW: no c2", f -> f.adamW(f.y, f.z, f.zeros(6, 8), f.two, f.zeros(2)));
    wrong.put("adamW: gradient is parameter", f -> f.adamW(f.x, f.y, f.z, f.two, f.three));
    wrong.put("adamW: one moment", f -> f.adamW(f.y, f.z, f.z, f.two, f.three));
  }

  @Test
  void dropoutOfNoProbabilityIsRefused() {
    onBackend(
        bench -> {
          Tensor pass = bench.ints(0);
          for (float probability : new float[] {0, 1, -0.1f, 1.1f, Float.NaN}) {
            assertThrows(
                IllegalArgumentException.class,
                () -> new Dropout.Random(probability, 1, 2, pass),
                "probability " + probability);
          }
        });
  }
}
