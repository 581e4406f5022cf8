package gpt2j.testkit;

import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.AdamW;
import gpt2j.api.training.Dropout;
import gpt2j.api.training.TrainingOperations;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** One block of a transformer that learns: every operation of training in real use. */
final class TinyTrainer {
  private static final int SEQUENCES = 2;
  private static final int LENGTH = 5;
  private static final int ROWS = SEQUENCES * LENGTH;
  private static final int VOCABULARY = 19;
  private static final int CONTEXT = 8;
  private static final int HEADS = 3;
  private static final int WIDTH = 12;
  private static final float EPSILON = 1e-5f;
  private static final float SCALE = 0.5f; // 1/√(WIDTH/HEADS)
  private static final float RATE = 0.01f;

  /**
   * A bias of all keys changes nothing, so its gradients are rounding errors, which a smaller
   * epsilon would make as large as any other update.
   */
  private static final AdamW SETTINGS = new AdamW(0.9f, 0.95f, 1e-5f, 0.1f);

  /** A parameter and all that belongs to it. */
  private record Parameter(Tensor value, Tensor gradient, Tensor first, Tensor second) {}

  /** A norm's parameters and what its forward pass keeps. */
  private record Norm(Parameter gain, Parameter bias, Tensor out, Tensor mean, Tensor rstd) {}

  private final Workbench bench;
  private final TrainingOperations operations;
  private final float probability;
  private final Tensor pass;
  private final List<Parameter> parameters = new ArrayList<>();
  private final Parameter wte;
  private final Parameter wpe;
  private final Norm norm1;
  private final Norm norm2;
  private final Norm normF;
  private final Parameter attentionWeight;
  private final Parameter attentionBias;
  private final Parameter projectionWeight;
  private final Parameter expansionWeight;
  private final Parameter expansionBias;
  private final Parameter contractionWeight;
  private final Parameter contractionBias;
  private final Tensor tokens;
  private final Tensor targets;
  private final Tensor embedded;
  private final Tensor qkv;
  private final Tensor attended;
  private final Tensor logSumExp;
  private final Tensor afterAttention;
  private final Tensor expanded;
  private final Tensor activated;
  private final Tensor afterMlp;
  private final Tensor logits;
  private final Tensor losses;
  private final Tensor scale;
  private final Tensor clipping;
  private final Tensor schedule;
  private final Tensor residualGradient;
  private final Tensor narrow;
  private final Tensor narrowGradient;
  private final Tensor wideGradient;
  private final Tensor qkvGradient;

  /**
   * @param probability of dropout; 0 for none
   */
  TinyTrainer(Workbench bench, float probability) {
    this.bench = bench;
    this.probability = probability;
    operations = bench.training();
    pass = bench.ints(0);
    wte = parameter(0, 0.1, VOCABULARY, WIDTH);
    wpe = parameter(0, 0.1, CONTEXT, WIDTH);
    norm1 = norm();
    norm2 = norm();
    normF = norm();
    attentionWeight = parameter(0, 0.2, WIDTH, 3 * WIDTH);
    attentionBias = parameter(0, 0.1, 3 * WIDTH);
    projectionWeight = parameter(0, 0.2, WIDTH, WIDTH);
    expansionWeight = parameter(0, 0.2, WIDTH, 4 * WIDTH);
    expansionBias = parameter(0, 0.1, 4 * WIDTH);
    contractionWeight = parameter(0, 0.2, 4 * WIDTH, WIDTH);
    contractionBias = parameter(0, 0.1, WIDTH);
    tokens = bench.ints(new int[ROWS]);
    targets = bench.ints(new int[ROWS]);
    embedded = bench.floats(ROWS, WIDTH);
    qkv = bench.floats(ROWS, 3 * WIDTH);
    attended = bench.floats(ROWS, WIDTH);
    logSumExp = bench.floats(ROWS, HEADS);
    afterAttention = bench.floats(ROWS, WIDTH);
    expanded = bench.floats(ROWS, 4 * WIDTH);
    activated = bench.floats(ROWS, 4 * WIDTH);
    afterMlp = bench.floats(ROWS, WIDTH);
    logits = bench.floats(ROWS, VOCABULARY);
    losses = bench.floats(ROWS);
    scale = bench.floats(new float[] {1f / ROWS}, 1);
    clipping = bench.floats(2);
    schedule = bench.floats(3);
    residualGradient = bench.floats(ROWS, WIDTH);
    narrow = bench.floats(ROWS, WIDTH);
    narrowGradient = bench.floats(ROWS, WIDTH);
    wideGradient = bench.floats(ROWS, 4 * WIDTH);
    qkvGradient = bench.floats(ROWS, 3 * WIDTH);
  }

  private Norm norm() {
    return new Norm(
        parameter(1, 0.1, WIDTH),
        parameter(0, 0.1, WIDTH),
        bench.floats(ROWS, WIDTH),
        bench.floats(ROWS),
        bench.floats(ROWS));
  }

  private Parameter parameter(float mean, double deviation, int... sizes) {
    int count = 1;
    for (int size : sizes) {
      count *= size;
    }
    float[] values = Numbers.random(parameters.size(), count, deviation);
    for (int i = 0; i < count; i++) {
      values[i] += mean;
    }
    float[] zeros = new float[count];
    Parameter parameter =
        new Parameter(
            bench.floats(values, sizes),
            bench.floats(zeros, sizes),
            bench.floats(zeros, sizes),
            bench.floats(zeros, sizes));
    parameters.add(parameter);
    return parameter;
  }

  /** What the host writes before an update, counted from 1. */
  void write(int batch, int update) {
    SplittableRandom random = new SplittableRandom(batch);
    int[] values = random.ints(ROWS + 1, 0, VOCABULARY).toArray();
    int[] next = new int[ROWS];
    System.arraycopy(values, 1, next, 0, ROWS);
    next[batch % ROWS] = TrainingOperations.IGNORED_TARGET;
    int[] inputs = new int[ROWS];
    System.arraycopy(values, 0, inputs, 0, ROWS);
    bench.write(tokens, inputs);
    bench.write(targets, next);
    bench.write(pass, update);
    bench.write(
        schedule,
        RATE,
        (float) (1 - Math.pow(SETTINGS.beta1(), update)),
        (float) (1 - Math.pow(SETTINGS.beta2(), update)));
  }

  /** Forward pass, backward pass and update. */
  void step() {
    forward();
    operations.crossEntropy(losses, logits, logits, targets, scale);
    backward();
    List<Tensor> gradients = parameters.stream().map(Parameter::gradient).toList();
    operations.gradientNorm(clipping, gradients, 0.5f);
    for (Parameter p : parameters) {
      operations.adamW(p.value, p.gradient, p.first, p.second, clipping, schedule, SETTINGS);
    }
  }

  private void forward() {
    operations.embed(embedded, tokens, wte.value, wpe.value, LENGTH);
    operations.dropout(embedded, embedded, dropout(0));
    forward(norm1, embedded);
    operations.linear(qkv, norm1.out, attentionWeight.value, attentionBias.value);
    operations.attention(attended, logSumExp, qkv, LENGTH, HEADS, SCALE, dropout(1));
    operations.linear(narrow, attended, projectionWeight.value, null);
    operations.dropout(afterAttention, embedded, Dropout.NONE); // a copy
    operations.addResidual(afterAttention, narrow, dropout(2));
    forward(norm2, afterAttention);
    operations.linear(expanded, norm2.out, expansionWeight.value, expansionBias.value);
    operations.gelu(activated, expanded, GeluForm.TANH);
    operations.linear(narrow, activated, contractionWeight.value, contractionBias.value);
    operations.dropout(afterMlp, afterAttention, Dropout.NONE);
    operations.addResidual(afterMlp, narrow, dropout(3));
    forward(normF, afterMlp);
    operations.logits(logits, normF.out, wte.value);
  }

  private void forward(Norm norm, Tensor x) {
    operations.layerNorm(
        norm.out, norm.mean, norm.rstd, x, norm.gain.value, norm.bias.value, EPSILON);
  }

  private void backward() {
    operations.logitsBackward(narrowGradient, wte.gradient, logits, normF.out, wte.value);
    operations.zero(residualGradient);
    backward(normF, afterMlp);
    operations.dropout(narrow, residualGradient, dropout(3));
    operations.linearBackward(
        wideGradient,
        contractionWeight.gradient,
        contractionBias.gradient,
        narrow,
        activated,
        contractionWeight.value);
    operations.geluBackward(wideGradient, wideGradient, expanded, GeluForm.TANH);
    operations.linearBackward(
        narrowGradient,
        expansionWeight.gradient,
        expansionBias.gradient,
        wideGradient,
        norm2.out,
        expansionWeight.value);
    backward(norm2, afterAttention);
    operations.dropout(narrow, residualGradient, dropout(2));
    operations.linearBackward(
        narrowGradient, projectionWeight.gradient, null, narrow, attended, projectionWeight.value);
    operations.attentionBackward(
        qkvGradient, narrowGradient, attended, logSumExp, qkv, LENGTH, HEADS, SCALE, dropout(1));
    operations.linearBackward(
        narrowGradient,
        attentionWeight.gradient,
        attentionBias.gradient,
        qkvGradient,
        norm1.out,
        attentionWeight.value);
    backward(norm1, embedded);
    operations.dropout(residualGradient, residualGradient, dropout(0));
    operations.embedBackward(wte.gradient, wpe.gradient, residualGradient, tokens, LENGTH);
  }

  /** From narrowGradient, added to residualGradient. */
  private void backward(Norm norm, Tensor x) {
    operations.layerNormBackward(
        residualGradient,
        norm.gain.gradient,
        norm.bias.gradient,
        narrowGradient,
        x,
        norm.gain.value,
        norm.mean,
        norm.rstd);
  }

  private Dropout dropout(int site) {
    return probability == 0 ? Dropout.NONE : new Dropout.Random(probability, 11, site, pass);
  }

  /** The mean loss of the last step, in nats. */
  double loss() {
    double sum = 0;
    for (float loss : bench.read(losses)) {
      sum += loss;
    }
    return sum / ROWS;
  }

  void showLosses(double tolerance) {
    bench.show("losses", losses, tolerance);
    bench.show("norm and factor", clipping, tolerance);
  }

  void showParameters(double tolerance) {
    for (int i = 0; i < parameters.size(); i++) {
      bench.show("parameter " + i, parameters.get(i).value, tolerance);
      bench.show("its gradient", parameters.get(i).gradient, 0);
      bench.show("its first moment", parameters.get(i).first, tolerance);
    }
  }
}
