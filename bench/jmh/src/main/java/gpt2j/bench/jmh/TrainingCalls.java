package gpt2j.bench.jmh;

import gpt2j.api.Backend;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.training.AdamW;
import gpt2j.api.training.Dropout;
import gpt2j.api.training.TrainingOperations;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The operations of one training step of GPT-2, in their order and on memory of their own, as a
 * model has it: forward pass, loss, backward pass, AdamW. Gradients are those of random
 * activations.
 */
final class TrainingCalls {
  /** One call of an operation. */
  record Call(String family, double flops, Runnable run) {}

  private static final float SMALL = 0.03f;
  private static final float RATE = 1e-4f;
  private static final AdamW SETTINGS = new AdamW(0.9f, 0.95f, 1e-8f, 0.1f);

  private final SplittableRandom random = new SplittableRandom(1);
  private final Backend backend;
  private final TrainingOperations ops;
  private final TrainingSizes sizes;
  private final int n;
  private final List<Call> forward = new ArrayList<>();
  private final List<Call> backward = new ArrayList<>(); // from the last to the first
  private final List<Parameter> parameters = new ArrayList<>();
  private final Tensor gradient; // [n, C]: of the residual stream
  private final Tensor normGradient; // [n, C]

  /** A parameter and all that belongs to it. */
  private record Parameter(Tensor value, Tensor gradient, Tensor first, Tensor second) {}

  TrainingCalls(Backend backend, TrainingSizes sizes) {
    this.backend = backend;
    this.sizes = sizes;
    ops = backend.training();
    n = sizes.rows();
    int width = sizes.width();
    gradient = random(n, width);
    normGradient = random(n, width);
    Parameter wte = parameter(sizes.vocabulary(), width);
    Parameter wpe = parameter(sizes.length(), width);
    Tensor tokens = tokens();
    Tensor x = zeros(n, width);
    both(
        "embedding",
        0,
        0,
        () -> ops.embed(x, tokens, wte.value, wpe.value, sizes.length()),
        () -> ops.embedBackward(wte.gradient, wpe.gradient, gradient, tokens, sizes.length()));
    for (int layer = 0; layer < sizes.layers(); layer++) {
      block(x);
    }
    head(norm(x), wte);
  }

  /** All calls in the order of a step. */
  List<Call> calls() {
    List<Call> calls = new ArrayList<>(forward);
    calls.addAll(backward.reversed());
    calls.addAll(update());
    return calls;
  }

  private void block(Tensor x) {
    int width = sizes.width();
    Tensor qkv = linear("c_attn", norm(x), 3 * width);
    Tensor projected = linear("attn.c_proj", attention(qkv), width);
    residual(x, projected);
    Tensor fc = linear("c_fc", norm(x), 4 * width);
    residual(x, linear("mlp.c_proj", gelu(fc), width));
  }

  private Tensor norm(Tensor x) {
    int width = sizes.width();
    Parameter gain = parameter(width);
    Parameter bias = parameter(width);
    Tensor out = zeros(n, width);
    Tensor mean = zeros(n);
    Tensor rstd = zeros(n);
    both(
        "layer norm",
        0,
        0,
        () -> ops.layerNorm(out, mean, rstd, x, gain.value, bias.value, 1e-5f),
        () ->
            ops.layerNormBackward(
                gradient, gain.gradient, bias.gradient, normGradient, x, gain.value, mean, rstd));
    return out;
  }

  private Tensor linear(String name, Tensor x, int outputs) {
    int inputs = x.shape().size(1);
    Parameter weight = parameter(inputs, outputs);
    Parameter bias = parameter(outputs);
    Tensor out = zeros(n, outputs);
    Tensor outGradient = random(n, outputs);
    Tensor xGradient = zeros(n, inputs);
    double flops = 2.0 * n * inputs * outputs;
    both(
        "%s [%d, %d]·[%d, %d]".formatted(name, n, inputs, inputs, outputs),
        flops,
        2 * flops,
        () -> ops.linear(out, x, weight.value, bias.value),
        () ->
            ops.linearBackward(
                xGradient, weight.gradient, bias.gradient, outGradient, x, weight.value));
    return out;
  }

  private Tensor attention(Tensor qkv) {
    int length = sizes.length();
    int heads = sizes.heads();
    Tensor out = zeros(n, sizes.width());
    Tensor logSumExp = zeros(n, heads);
    Tensor qkvGradient = zeros(n, 3 * sizes.width());
    float scale = (float) (1 / Math.sqrt((double) sizes.width() / heads));
    double product = (double) n * (length + 1) * sizes.width(); // of what the mask leaves
    both(
        "attention",
        2 * product,
        5 * product,
        () -> ops.attention(out, logSumExp, qkv, length, heads, scale, Dropout.NONE),
        () ->
            ops.attentionBackward(
                qkvGradient,
                normGradient,
                out,
                logSumExp,
                qkv,
                length,
                heads,
                scale,
                Dropout.NONE));
    return out;
  }

  private Tensor gelu(Tensor x) {
    Tensor out = zeros(n, x.shape().size(1));
    Tensor outGradient = random(n, x.shape().size(1));
    both(
        "gelu",
        0,
        0,
        () -> ops.gelu(out, x, GeluForm.TANH),
        () -> ops.geluBackward(outGradient, outGradient, x, GeluForm.TANH));
    return out;
  }

  private void residual(Tensor x, Tensor added) {
    forward.add(new Call("residual", 0, () -> ops.addResidual(x, added, Dropout.NONE)));
  }

  private void head(Tensor x, Parameter wte) {
    Tensor logits = zeros(n, sizes.vocabulary());
    Tensor losses = zeros(n);
    Tensor scale = floats(1f / n);
    Tensor targets = tokens();
    double flops = 2.0 * n * sizes.width() * sizes.vocabulary();
    both(
        "head [%d, %d]·[%d, %d]ᵀ".formatted(n, sizes.width(), sizes.vocabulary(), sizes.width()),
        flops,
        2 * flops,
        () -> ops.logits(logits, x, wte.value),
        () -> ops.logitsBackward(normGradient, wte.gradient, logits, x, wte.value));
    forward.add(
        new Call(
            "cross-entropy", 0, () -> ops.crossEntropy(losses, logits, logits, targets, scale)));
  }

  private List<Call> update() {
    Tensor norm = zeros(2);
    Tensor schedule = floats(RATE, 0.1f, 0.05f);
    List<Tensor> gradients = parameters.stream().map(Parameter::gradient).toList();
    List<Call> calls = new ArrayList<>();
    calls.add(new Call("gradient norm", 0, () -> ops.gradientNorm(norm, gradients, 1)));
    for (Parameter p : parameters) {
      calls.add(
          new Call(
              "AdamW",
              0,
              () -> ops.adamW(p.value, p.gradient, p.first, p.second, norm, schedule, SETTINGS)));
    }
    return calls;
  }

  private void both(
      String family, double flops, double backwardFlops, Runnable pass, Runnable backwardPass) {
    forward.add(new Call(family, flops, pass));
    backward.add(new Call(family + ", backward", backwardFlops, backwardPass));
  }

  private Parameter parameter(int... shape) {
    Parameter parameter = new Parameter(random(shape), zeros(shape), zeros(shape), zeros(shape));
    parameters.add(parameter);
    return parameter;
  }

  private Tensor tokens() {
    Tensor tensor = backend.allocate(DataType.I32, Shape.of(n), Usage.IO);
    int[] tokens = random.ints(n, 0, sizes.vocabulary()).toArray();
    backend.write(tensor, MemorySegment.ofArray(tokens));
    return tensor;
  }

  private Tensor floats(float... values) {
    Tensor tensor = zeros(values.length);
    backend.write(tensor, MemorySegment.ofArray(values));
    return tensor;
  }

  /** As small as parameters are, so that activations and probabilities are like a model's. */
  private Tensor random(int... shape) {
    Tensor tensor = zeros(shape);
    MemorySegment memory = Tensors.random(random, DataType.F32, tensor.shape()).memory();
    for (long i = 0; i < tensor.shape().elements(); i++) {
      float value = memory.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, value * SMALL);
    }
    backend.write(tensor, memory);
    return tensor;
  }

  private Tensor zeros(int... shape) {
    Tensor tensor = backend.allocate(DataType.F32, Shape.of(shape), Usage.TRAINING);
    ops.zero(tensor);
    return tensor;
  }
}
