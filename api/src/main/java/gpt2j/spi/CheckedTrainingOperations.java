package gpt2j.spi;

import static gpt2j.spi.Checks.distinct;
import static gpt2j.spi.Checks.floats;
import static gpt2j.spi.Checks.matrix;
import static gpt2j.spi.Checks.tensor;
import static gpt2j.spi.Checks.vector;

import gpt2j.api.Words;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.AdamW;
import gpt2j.api.training.Dropout;
import gpt2j.api.training.TrainingOperations;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Checks types and shapes as {@link TrainingOperations} demands, then hands over to a backend's own
 * operations, as {@link CheckedOperations} does.
 */
final class CheckedTrainingOperations implements TrainingOperations {
  private final BackendLife life;
  private final TrainingOperations operations;

  CheckedTrainingOperations(BackendLife life, TrainingOperations operations) {
    this.life = life;
    this.operations = operations;
  }

  @Override
  public void embed(Tensor out, Tensor tokens, Tensor wte, Tensor wpe, int sequenceLength) {
    matrix("embed: out", out);
    matrix("embed: wte", wte);
    matrix("embed: wpe", wpe);
    distinct("embed", out, wte, wpe);
    embedding("embed", out, tokens, wte, wpe, sequenceLength);
    life.run(
        () ->
            operations.embed(
                life.own(out), life.own(tokens), life.own(wte), life.own(wpe), sequenceLength));
  }

  @Override
  public void embedBackward(
      Tensor wteGradient,
      Tensor wpeGradient,
      Tensor outGradient,
      Tensor tokens,
      int sequenceLength) {
    matrix("embedBackward: wteGradient", wteGradient);
    matrix("embedBackward: wpeGradient", wpeGradient);
    matrix("embedBackward: outGradient", outGradient);
    distinct("embedBackward", wteGradient, wpeGradient, outGradient);
    distinct("embedBackward", wpeGradient, outGradient);
    embedding("embedBackward", outGradient, tokens, wteGradient, wpeGradient, sequenceLength);
    life.run(
        () ->
            operations.embedBackward(
                life.own(wteGradient),
                life.own(wpeGradient),
                life.own(outGradient),
                life.own(tokens),
                sequenceLength));
  }

  /** The rows of a batch beside its tokens and the tables (or their gradients). */
  private static void embedding(
      String operation, Tensor rows, Tensor tokens, Tensor wte, Tensor wpe, int sequenceLength) {
    int n = rows.shape().rows();
    int width = wte.shape().size(1);
    matrix(operation + ": the rows", rows, n, width);
    matrix(operation + ": wpe", wpe, wpe.shape().rows(), width);
    vector(operation + ": tokens", tokens, DataType.I32, n);
    sequences(operation, sequenceLength, n);
    if (sequenceLength > wpe.shape().rows()) {
      throw new IllegalArgumentException(
          "%s: sequences of %d are longer than the context of %d"
              .formatted(operation, sequenceLength, wpe.shape().rows()));
    }
  }

  @Override
  public void layerNorm(
      Tensor out, Tensor mean, Tensor rstd, Tensor x, Tensor gain, Tensor bias, float epsilon) {
    matrix("layerNorm: x", x);
    int n = x.shape().rows();
    int width = x.shape().size(1);
    matrix("layerNorm: out", out, n, width);
    vector("layerNorm: mean", mean, DataType.F32, n);
    vector("layerNorm: rstd", rstd, DataType.F32, n);
    vector("layerNorm: gain", gain, DataType.F32, width);
    vector("layerNorm: bias", bias, DataType.F32, width);
    distinct("layerNorm", out, x);
    distinct("layerNorm", mean, rstd, gain, bias);
    distinct("layerNorm", rstd, gain, bias);
    life.run(
        () ->
            operations.layerNorm(
                life.own(out),
                life.own(mean),
                life.own(rstd),
                life.own(x),
                life.own(gain),
                life.own(bias),
                epsilon));
  }

  @Override
  public void layerNormBackward(
      Tensor xGradient,
      Tensor gainGradient,
      Tensor biasGradient,
      Tensor outGradient,
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd) {
    matrix("layerNormBackward: x", x);
    int n = x.shape().rows();
    int width = x.shape().size(1);
    matrix("layerNormBackward: xGradient", xGradient, n, width);
    vector("layerNormBackward: gainGradient", gainGradient, DataType.F32, width);
    vector("layerNormBackward: biasGradient", biasGradient, DataType.F32, width);
    matrix("layerNormBackward: outGradient", outGradient, n, width);
    vector("layerNormBackward: gain", gain, DataType.F32, width);
    vector("layerNormBackward: mean", mean, DataType.F32, n);
    vector("layerNormBackward: rstd", rstd, DataType.F32, n);
    distinct("layerNormBackward", xGradient, outGradient, x);
    distinct("layerNormBackward", gainGradient, biasGradient, gain, mean, rstd);
    distinct("layerNormBackward", biasGradient, gain, mean, rstd);
    life.run(
        () ->
            operations.layerNormBackward(
                life.own(xGradient),
                life.own(gainGradient),
                life.own(biasGradient),
                life.own(outGradient),
                life.own(x),
                life.own(gain),
                life.own(mean),
                life.own(rstd)));
  }

  @Override
  public void linear(Tensor out, Tensor x, Tensor weight, @Nullable Tensor bias) {
    matrix("linear: weight", weight);
    matrix("linear: x", x);
    int inputs = weight.shape().rows();
    int outputs = weight.shape().size(1);
    matrix("linear: x", x, x.shape().rows(), inputs);
    matrix("linear: out", out, x.shape().rows(), outputs);
    if (bias != null) {
      vector("linear: bias", bias, DataType.F32, outputs);
    }
    distinct("linear", out, x, weight);
    life.run(
        () ->
            operations.linear(
                life.own(out),
                life.own(x),
                life.own(weight),
                bias == null ? null : life.own(bias)));
  }

  @Override
  public void linearBackward(
      Tensor xGradient,
      Tensor weightGradient,
      @Nullable Tensor biasGradient,
      Tensor outGradient,
      Tensor x,
      Tensor weight) {
    matrix("linearBackward: weight", weight);
    matrix("linearBackward: x", x);
    int n = x.shape().rows();
    int inputs = weight.shape().rows();
    int outputs = weight.shape().size(1);
    matrix("linearBackward: x", x, n, inputs);
    matrix("linearBackward: xGradient", xGradient, n, inputs);
    matrix("linearBackward: weightGradient", weightGradient, inputs, outputs);
    matrix("linearBackward: outGradient", outGradient, n, outputs);
    if (biasGradient != null) {
      vector("linearBackward: biasGradient", biasGradient, DataType.F32, outputs);
    }
    distinct("linearBackward", xGradient, weightGradient, outGradient, x, weight);
    distinct("linearBackward", weightGradient, outGradient, x, weight);
    life.run(
        () ->
            operations.linearBackward(
                life.own(xGradient),
                life.own(weightGradient),
                biasGradient == null ? null : life.own(biasGradient),
                life.own(outGradient),
                life.own(x),
                life.own(weight)));
  }

  @Override
  public void gelu(Tensor out, Tensor x, GeluForm form) {
    matrix("gelu: x", x);
    alike("gelu: out", out, x);
    distinct("gelu", out, x);
    life.run(() -> operations.gelu(life.own(out), life.own(x), form));
  }

  @Override
  public void geluBackward(Tensor xGradient, Tensor outGradient, Tensor x, GeluForm form) {
    matrix("geluBackward: x", x);
    alike("geluBackward: xGradient", xGradient, x);
    alike("geluBackward: outGradient", outGradient, x);
    distinct("geluBackward", xGradient, x);
    life.run(
        () ->
            operations.geluBackward(life.own(xGradient), life.own(outGradient), life.own(x), form));
  }

  @Override
  public void attention(
      Tensor out,
      Tensor logSumExp,
      Tensor qkv,
      int sequenceLength,
      int heads,
      float scale,
      Dropout dropout) {
    matrix("attention: out", out);
    int n = out.shape().rows();
    int width = out.shape().size(1);
    heads("attention", n, width, sequenceLength, heads);
    matrix("attention: logSumExp", logSumExp, n, heads);
    matrix("attention: qkv", qkv, n, 3 * width);
    distinct("attention", out, logSumExp, qkv);
    distinct("attention", logSumExp, qkv);
    life.run(
        () ->
            operations.attention(
                life.own(out),
                life.own(logSumExp),
                life.own(qkv),
                sequenceLength,
                heads,
                scale,
                life.own(dropout)));
  }

  @Override
  public void attentionBackward(
      Tensor qkvGradient,
      Tensor outGradient,
      Tensor out,
      Tensor logSumExp,
      Tensor qkv,
      int sequenceLength,
      int heads,
      float scale,
      Dropout dropout) {
    matrix("attentionBackward: out", out);
    int n = out.shape().rows();
    int width = out.shape().size(1);
    heads("attentionBackward", n, width, sequenceLength, heads);
    matrix("attentionBackward: qkvGradient", qkvGradient, n, 3 * width);
    matrix("attentionBackward: outGradient", outGradient, n, width);
    matrix("attentionBackward: logSumExp", logSumExp, n, heads);
    matrix("attentionBackward: qkv", qkv, n, 3 * width);
    distinct("attentionBackward", qkvGradient, outGradient, out, logSumExp, qkv);
    life.run(
        () ->
            operations.attentionBackward(
                life.own(qkvGradient),
                life.own(outGradient),
                life.own(out),
                life.own(logSumExp),
                life.own(qkv),
                sequenceLength,
                heads,
                scale,
                life.own(dropout)));
  }

  @Override
  public void dropout(Tensor out, Tensor x, Dropout dropout) {
    matrix("dropout: x", x);
    alike("dropout: out", out, x);
    life.run(() -> operations.dropout(life.own(out), life.own(x), life.own(dropout)));
  }

  @Override
  public void addResidual(Tensor out, Tensor x, Dropout dropout) {
    matrix("addResidual: x", x);
    alike("addResidual: out", out, x);
    distinct("addResidual", out, x);
    life.run(() -> operations.addResidual(life.own(out), life.own(x), life.own(dropout)));
  }

  @Override
  public void logits(Tensor out, Tensor x, Tensor wte) {
    matrix("logits: wte", wte);
    matrix("logits: x", x);
    matrix("logits: x", x, x.shape().rows(), wte.shape().size(1));
    matrix("logits: out", out, x.shape().rows(), wte.shape().rows());
    distinct("logits", out, x, wte);
    life.run(() -> operations.logits(life.own(out), life.own(x), life.own(wte)));
  }

  @Override
  public void logitsBackward(
      Tensor xGradient, Tensor wteGradient, Tensor outGradient, Tensor x, Tensor wte) {
    matrix("logitsBackward: wte", wte);
    matrix("logitsBackward: x", x);
    int n = x.shape().rows();
    matrix("logitsBackward: x", x, n, wte.shape().size(1));
    alike("logitsBackward: xGradient", xGradient, x);
    alike("logitsBackward: wteGradient", wteGradient, wte);
    matrix("logitsBackward: outGradient", outGradient, n, wte.shape().rows());
    distinct("logitsBackward", xGradient, wteGradient, outGradient, x, wte);
    distinct("logitsBackward", wteGradient, outGradient, x, wte);
    life.run(
        () ->
            operations.logitsBackward(
                life.own(xGradient),
                life.own(wteGradient),
                life.own(outGradient),
                life.own(x),
                life.own(wte)));
  }

  @Override
  public void crossEntropy(
      Tensor losses, Tensor logitsGradient, Tensor logits, Tensor targets, Tensor scale) {
    matrix("crossEntropy: logits", logits);
    int n = logits.shape().rows();
    alike("crossEntropy: logitsGradient", logitsGradient, logits);
    vector("crossEntropy: losses", losses, DataType.F32, n);
    vector("crossEntropy: targets", targets, DataType.I32, n);
    vector("crossEntropy: scale", scale, DataType.F32, 1);
    distinct("crossEntropy", losses, scale);
    life.run(
        () ->
            operations.crossEntropy(
                life.own(losses),
                life.own(logitsGradient),
                life.own(logits),
                life.own(targets),
                life.own(scale)));
  }

  @Override
  public void zero(Tensor out) {
    floats("zero: out", out);
    life.run(() -> operations.zero(life.own(out)));
  }

  @Override
  public void gradientNorm(Tensor out, List<Tensor> gradients, float maximum) {
    vector("gradientNorm: out", out, DataType.F32, 2);
    if (gradients.isEmpty()) {
      throw new IllegalArgumentException("gradientNorm: there are no gradients");
    }
    if (!(maximum > 0)) {
      throw new IllegalArgumentException("gradientNorm: maximum must be above 0, not " + maximum);
    }
    for (Tensor gradient : gradients) {
      floats("gradientNorm: gradient", gradient);
      distinct("gradientNorm", out, gradient);
    }
    life.run(() -> operations.gradientNorm(life.own(out), life.own(gradients), maximum));
  }

  @Override
  public void adamW(
      Tensor parameter,
      Tensor gradient,
      Tensor firstMoment,
      Tensor secondMoment,
      Tensor norm,
      Tensor schedule,
      AdamW settings) {
    floats("adamW: parameter", parameter);
    alike("adamW: gradient", gradient, parameter);
    alike("adamW: firstMoment", firstMoment, parameter);
    alike("adamW: secondMoment", secondMoment, parameter);
    vector("adamW: norm", norm, DataType.F32, 2);
    vector("adamW: schedule", schedule, DataType.F32, 3);
    distinct("adamW", parameter, gradient, firstMoment, secondMoment, norm, schedule);
    distinct("adamW", gradient, firstMoment, secondMoment, norm, schedule);
    distinct("adamW", firstMoment, secondMoment, norm, schedule);
    distinct("adamW", secondMoment, norm, schedule);
    life.run(
        () ->
            operations.adamW(
                life.own(parameter),
                life.own(gradient),
                life.own(firstMoment),
                life.own(secondMoment),
                life.own(norm),
                life.own(schedule),
                settings));
  }

  private static void alike(String name, Tensor tensor, Tensor model) {
    tensor(name, tensor, DataType.F32, model.shape());
  }

  private static void sequences(String operation, int sequenceLength, int rows) {
    if (sequenceLength < 1 || rows % sequenceLength != 0) {
      throw new IllegalArgumentException(
          "%s: sequences of %d don't divide %s"
              .formatted(operation, sequenceLength, Words.count(rows, "row")));
    }
  }

  private static void heads(String operation, int rows, int width, int sequenceLength, int heads) {
    sequences(operation, sequenceLength, rows);
    if (heads < 1 || width % heads != 0) {
      throw new IllegalArgumentException(
          "%s: %d heads don't divide a width of %d".formatted(operation, heads, width));
    }
  }

  @Override
  public TrainingOperations otherwise(String operation) {
    return operations.otherwise(operation);
  }
}
