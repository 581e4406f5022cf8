package gpt2j.testkit;

import static gpt2j.testkit.Products.sumOfRows;
import static gpt2j.testkit.Products.times;
import static gpt2j.testkit.Products.timesTransposed;
import static gpt2j.testkit.Products.transposedTimes;

import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.AdamW;
import gpt2j.api.training.Dropout;
import gpt2j.api.training.TrainingOperations;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Every operation of training: float32 in, float64 in between, float32 out. A token or target that
 * doesn't exist is refused.
 */
final class ReferenceTraining implements TrainingOperations {
  private final ReferenceTrainingRows rows = new ReferenceTrainingRows();
  private final ReferenceTrainingAttention attention = new ReferenceTrainingAttention();
  private final ReferenceOptimizer optimizer = new ReferenceOptimizer();

  @Override
  public void embed(Tensor out, Tensor tokens, Tensor wte, Tensor wpe, int sequenceLength) {
    ReferenceTensor to = own(out);
    Check.apart(to, own(wte), own(wpe));
    rows.embed(to, own(tokens).ints(), own(wte), own(wpe), sequenceLength);
  }

  @Override
  public void embedBackward(
      Tensor wteGradient,
      Tensor wpeGradient,
      Tensor outGradient,
      Tensor tokens,
      int sequenceLength) {
    ReferenceTensor wte = own(wteGradient);
    ReferenceTensor wpe = own(wpeGradient);
    ReferenceTensor from = own(outGradient);
    Check.apart(wte, wpe, from);
    Check.apart(wpe, from);
    rows.embedBackward(wte, wpe, from, own(tokens).ints(), sequenceLength);
  }

  @Override
  public void layerNorm(
      Tensor out, Tensor mean, Tensor rstd, Tensor x, Tensor gain, Tensor bias, float epsilon) {
    ReferenceTensor to = own(out);
    ReferenceTensor m = own(mean);
    ReferenceTensor r = own(rstd);
    Check.apart(to, m, r, own(x), own(gain), own(bias));
    Check.apart(m, r, own(x), own(gain), own(bias));
    Check.apart(r, own(x), own(gain), own(bias));
    rows.layerNorm(to, m, r, own(x), own(gain), own(bias), epsilon);
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
    ReferenceTensor dx = own(xGradient);
    ReferenceTensor dGain = own(gainGradient);
    ReferenceTensor dBias = own(biasGradient);
    ReferenceTensor[] inputs = own(outGradient, x, gain, mean, rstd);
    Check.apart(dx, dGain, dBias);
    Check.apart(dGain, dBias);
    for (ReferenceTensor output : List.of(dx, dGain, dBias)) {
      Check.apart(output, inputs);
    }
    rows.layerNormBackward(
        dx, dGain, dBias, own(outGradient), own(x), own(gain), own(mean), own(rstd));
  }

  @Override
  public void linear(Tensor out, Tensor x, Tensor weight, @Nullable Tensor bias) {
    int inputs = weight.shape().size(0);
    int outputs = weight.shape().size(1);
    ReferenceTensor to = own(out);
    Check.apart(to, own(x, weight));
    double[] product = times(own(x).floats(), own(weight).floats(), inputs, outputs);
    if (bias != null) {
      Check.apart(to, own(bias));
      float[] b = own(bias).floats(); // [outputs]
      for (int i = 0; i < product.length; i++) {
        product[i] += b[i % outputs];
      }
    }
    to.set(product);
  }

  @Override
  public void linearBackward(
      Tensor xGradient,
      Tensor weightGradient,
      @Nullable Tensor biasGradient,
      Tensor outGradient,
      Tensor x,
      Tensor weight) {
    int inputs = weight.shape().size(0);
    int outputs = weight.shape().size(1);
    ReferenceTensor dx = own(xGradient);
    ReferenceTensor dWeight = own(weightGradient);
    ReferenceTensor[] given = own(outGradient, x, weight);
    Check.apart(dx, dWeight);
    Check.apart(dx, given);
    Check.apart(dWeight, given);
    float[] dOut = own(outGradient).floats(); // [n, outputs]
    if (biasGradient != null) {
      ReferenceTensor dBias = own(biasGradient);
      Check.apart(dBias, dx, dWeight);
      Check.apart(dBias, given);
      dBias.add(sumOfRows(dOut, outputs));
    }
    dx.set(timesTransposed(dOut, own(weight).floats(), outputs, inputs));
    dWeight.add(transposedTimes(own(x).floats(), dOut, inputs, outputs));
  }

  @Override
  public void gelu(Tensor out, Tensor x, GeluForm form) {
    ReferenceTensor to = own(out);
    Check.apart(to, own(x));
    double[] values = own(x).doubles();
    for (int i = 0; i < values.length; i++) {
      values[i] = Formulas.gelu(form, values[i]);
    }
    to.set(values);
  }

  @Override
  public void geluBackward(Tensor xGradient, Tensor outGradient, Tensor x, GeluForm form) {
    ReferenceTensor dx = own(xGradient);
    Check.apart(dx, own(x));
    Check.sameOrApart(dx, own(outGradient));
    double[] gradient = own(outGradient).doubles();
    float[] values = own(x).floats();
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] *= Formulas.geluDerivative(form, values[i]);
    }
    dx.set(gradient);
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
    ReferenceTensor to = own(out);
    ReferenceTensor sums = own(logSumExp);
    Check.apart(to, sums, own(qkv));
    Check.apart(sums, own(qkv));
    attention.forward(to, sums, own(qkv), sequenceLength, heads, scale, mask(dropout));
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
    ReferenceTensor to = own(qkvGradient);
    Check.apart(to, own(outGradient, out, logSumExp, qkv));
    attention.backward(
        to,
        own(outGradient),
        own(out),
        own(logSumExp),
        own(qkv),
        sequenceLength,
        heads,
        scale,
        mask(dropout));
  }

  @Override
  public void dropout(Tensor out, Tensor x, Dropout dropout) {
    Check.sameOrApart(own(out), own(x));
    own(out).set(dropped(x, dropout));
  }

  @Override
  public void addResidual(Tensor out, Tensor x, Dropout dropout) {
    Check.apart(own(out), own(x));
    own(out).add(dropped(x, dropout));
  }

  private double[] dropped(Tensor x, Dropout dropout) {
    double[] values = own(x).doubles();
    DropoutMask mask = mask(dropout);
    for (int i = 0; i < values.length; i++) {
      double factor = mask.factor(i);
      values[i] = factor == 0 ? 0 : values[i] * factor; // ∞ · 0 would be NaN
    }
    return values;
  }

  @Override
  public void logits(Tensor out, Tensor x, Tensor wte) {
    Check.apart(own(out), own(x, wte));
    int vocabulary = wte.shape().size(0);
    int width = wte.shape().size(1);
    own(out).set(timesTransposed(own(x).floats(), own(wte).floats(), width, vocabulary));
  }

  @Override
  public void logitsBackward(
      Tensor xGradient, Tensor wteGradient, Tensor outGradient, Tensor x, Tensor wte) {
    int vocabulary = wte.shape().size(0);
    int width = wte.shape().size(1);
    ReferenceTensor dx = own(xGradient);
    ReferenceTensor dWte = own(wteGradient);
    ReferenceTensor[] given = own(outGradient, x, wte);
    Check.apart(dx, dWte);
    Check.apart(dx, given);
    Check.apart(dWte, given);
    float[] dOut = own(outGradient).floats(); // [n, V]
    dx.set(times(dOut, own(wte).floats(), vocabulary, width));
    dWte.add(transposedTimes(dOut, own(x).floats(), vocabulary, width));
  }

  @Override
  public void crossEntropy(
      Tensor losses, Tensor logitsGradient, Tensor logits, Tensor targets, Tensor scale) {
    ReferenceTensor to = own(losses);
    ReferenceTensor gradient = own(logitsGradient);
    Check.apart(to, gradient, own(logits), own(scale));
    Check.apart(gradient, own(scale));
    Check.sameOrApart(gradient, own(logits));
    float factor = own(scale).floats()[0];
    rows.crossEntropy(to, gradient, own(logits), own(targets).ints(), factor);
  }

  @Override
  public void zero(Tensor out) {
    own(out).set(new double[Math.toIntExact(out.shape().elements())]);
  }

  @Override
  public void gradientNorm(Tensor out, List<Tensor> gradients, float maximum) {
    ReferenceTensor[] all = own(gradients.toArray(Tensor[]::new));
    Check.apart(own(out), all);
    optimizer.norm(own(out), all, maximum);
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
    ReferenceTensor[] operands =
        own(parameter, gradient, firstMoment, secondMoment, norm, schedule);
    for (int output = 0; output < 4; output++) {
      for (int other = output + 1; other < operands.length; other++) {
        Check.apart(operands[output], operands[other]);
      }
    }
    optimizer.update(
        own(parameter),
        own(gradient),
        own(firstMoment),
        own(secondMoment),
        own(norm).floats(),
        own(schedule).floats(),
        settings);
  }

  private DropoutMask mask(Dropout dropout) {
    return switch (dropout) {
      case Dropout.None none -> DropoutMask.of(none, 0);
      case Dropout.Random random -> DropoutMask.of(random, own(random.pass()).ints()[0]);
    };
  }

  private ReferenceTensor own(Tensor tensor) {
    return (ReferenceTensor) tensor;
  }

  private ReferenceTensor[] own(Tensor... tensors) {
    ReferenceTensor[] own = new ReferenceTensor[tensors.length];
    for (int i = 0; i < own.length; i++) {
      own[i] = own(tensors[i]);
    }
    return own;
  }

  @Override
  public TrainingOperations otherwise(String operation) {
    throw new UnsupportedException(
        "the reference has no operation of training called " + operation);
  }
}
