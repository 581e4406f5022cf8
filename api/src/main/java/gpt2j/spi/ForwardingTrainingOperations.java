package gpt2j.spi;

import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.AdamW;
import gpt2j.api.training.Dropout;
import gpt2j.api.training.TrainingOperations;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Passes everything on to other operations of training, to be overridden one at a time. */
public class ForwardingTrainingOperations implements TrainingOperations {
  /** The other operations. */
  protected final TrainingOperations to;

  public ForwardingTrainingOperations(TrainingOperations to) {
    this.to = to;
  }

  @Override
  public void embed(Tensor out, Tensor tokens, Tensor wte, Tensor wpe, int sequenceLength) {
    to.embed(out, tokens, wte, wpe, sequenceLength);
  }

  @Override
  public void embedBackward(
      Tensor wteGradient,
      Tensor wpeGradient,
      Tensor outGradient,
      Tensor tokens,
      int sequenceLength) {
    to.embedBackward(wteGradient, wpeGradient, outGradient, tokens, sequenceLength);
  }

  @Override
  public void layerNorm(
      Tensor out, Tensor mean, Tensor rstd, Tensor x, Tensor gain, Tensor bias, float epsilon) {
    to.layerNorm(out, mean, rstd, x, gain, bias, epsilon);
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
    to.layerNormBackward(xGradient, gainGradient, biasGradient, outGradient, x, gain, mean, rstd);
  }

  @Override
  public void linear(Tensor out, Tensor x, Tensor weight, @Nullable Tensor bias) {
    to.linear(out, x, weight, bias);
  }

  @Override
  public void linearBackward(
      Tensor xGradient,
      Tensor weightGradient,
      @Nullable Tensor biasGradient,
      Tensor outGradient,
      Tensor x,
      Tensor weight) {
    to.linearBackward(xGradient, weightGradient, biasGradient, outGradient, x, weight);
  }

  @Override
  public void gelu(Tensor out, Tensor x, GeluForm form) {
    to.gelu(out, x, form);
  }

  @Override
  public void geluBackward(Tensor xGradient, Tensor outGradient, Tensor x, GeluForm form) {
    to.geluBackward(xGradient, outGradient, x, form);
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
    to.attention(out, logSumExp, qkv, sequenceLength, heads, scale, dropout);
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
    to.attentionBackward(
        qkvGradient, outGradient, out, logSumExp, qkv, sequenceLength, heads, scale, dropout);
  }

  @Override
  public void dropout(Tensor out, Tensor x, Dropout dropout) {
    to.dropout(out, x, dropout);
  }

  @Override
  public void addResidual(Tensor out, Tensor x, Dropout dropout) {
    to.addResidual(out, x, dropout);
  }

  @Override
  public void logits(Tensor out, Tensor x, Tensor wte) {
    to.logits(out, x, wte);
  }

  @Override
  public void logitsBackward(
      Tensor xGradient, Tensor wteGradient, Tensor outGradient, Tensor x, Tensor wte) {
    to.logitsBackward(xGradient, wteGradient, outGradient, x, wte);
  }

  @Override
  public void crossEntropy(
      Tensor losses, Tensor logitsGradient, Tensor logits, Tensor targets, Tensor scale) {
    to.crossEntropy(losses, logitsGradient, logits, targets, scale);
  }

  @Override
  public void zero(Tensor out) {
    to.zero(out);
  }

  @Override
  public void gradientNorm(Tensor out, List<Tensor> gradients, float maximum) {
    to.gradientNorm(out, gradients, maximum);
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
    to.adamW(parameter, gradient, firstMoment, secondMoment, norm, schedule, settings);
  }
}
