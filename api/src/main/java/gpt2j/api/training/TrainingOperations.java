package gpt2j.api.training;

import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The operations of training, each forward pass beside its backward pass. What a backward pass
 * needs beside its inputs, the forward pass stores where the caller says. As with {@link
 * Operations}, the output comes first and may not overlap an input unless said otherwise, nothing
 * allocates, everything is queued in order, and {@link gpt2j.api.Backend#record} may record it.
 *
 * <p>A batch is B sequences of T tokens, row {@code b·T + t}; {@code n = B·T}. Parameters are plain
 * F32 tensors in the layout of GPT-2's checkpoints, {@code C} is the embedding width, {@code V} the
 * vocabulary. {@code xGradient} is the derivative of the loss by {@code x}. Gradients of parameters
 * are <b>added</b> to what is there, so that several batches accumulate; gradients of activations
 * are <b>stored</b>, unless said otherwise.
 *
 * <p>Equal inputs give equal results, bit for bit, on one backend with one number of threads. Sums
 * over rows are accumulated in at least float32. Shapes and types that don't fit throw {@link
 * IllegalArgumentException} when queued; token ids outside their table are the caller's to prevent.
 */
public interface TrainingOperations {
  /**
   * {@code out[b·T + t] = wte[tokens[b·T + t]] + wpe[t]}.
   *
   * @param out {@code [n, C]}
   * @param tokens I32 {@code [n]}
   * @param wte {@code [V, C]}
   * @param wpe {@code [context, C]}, T of them used
   * @param sequenceLength T, which divides n
   */
  default void embed(Tensor out, Tensor tokens, Tensor wte, Tensor wpe, int sequenceLength) {
    otherwise("embed").embed(out, tokens, wte, wpe, sequenceLength);
  }

  /** The backward pass of {@link #embed}; both gradients are added to. */
  default void embedBackward(
      Tensor wteGradient,
      Tensor wpeGradient,
      Tensor outGradient,
      Tensor tokens,
      int sequenceLength) {
    otherwise("embedBackward")
        .embedBackward(wteGradient, wpeGradient, outGradient, tokens, sequenceLength);
  }

  /**
   * As {@link gpt2j.api.Operations#layerNorm}, and keeps each row's statistics.
   *
   * @param out {@code [n, C]}
   * @param mean {@code [n]}
   * @param rstd {@code [n]}: 1/√(variance + epsilon)
   * @param x {@code [n, C]}
   * @param gain {@code [C]}
   * @param bias {@code [C]}
   */
  default void layerNorm(
      Tensor out, Tensor mean, Tensor rstd, Tensor x, Tensor gain, Tensor bias, float epsilon) {
    otherwise("layerNorm").layerNorm(out, mean, rstd, x, gain, bias, epsilon);
  }

  /**
   * The backward pass of {@link #layerNorm}. All three gradients are added to, {@code xGradient}
   * too: in GPT-2 it is the residual stream's.
   */
  default void layerNormBackward(
      Tensor xGradient,
      Tensor gainGradient,
      Tensor biasGradient,
      Tensor outGradient,
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd) {
    otherwise("layerNormBackward")
        .layerNormBackward(xGradient, gainGradient, biasGradient, outGradient, x, gain, mean, rstd);
  }

  /**
   * {@code out = x·weight + bias}.
   *
   * @param out {@code [n, outputs]}
   * @param x {@code [n, inputs]}
   * @param weight {@code [inputs, outputs]}
   * @param bias {@code [outputs]}, or null for none
   */
  default void linear(Tensor out, Tensor x, Tensor weight, @Nullable Tensor bias) {
    otherwise("linear").linear(out, x, weight, bias);
  }

  /**
   * The backward pass of {@link #linear}: {@code xGradient = outGradient·weightᵀ}, {@code
   * weightGradient += xᵀ·outGradient}, {@code biasGradient += } the sum of outGradient's rows.
   *
   * @param biasGradient null when there is no bias
   */
  default void linearBackward(
      Tensor xGradient,
      Tensor weightGradient,
      @Nullable Tensor biasGradient,
      Tensor outGradient,
      Tensor x,
      Tensor weight) {
    otherwise("linearBackward")
        .linearBackward(xGradient, weightGradient, biasGradient, outGradient, x, weight);
  }

  /**
   * {@code out = gelu(x)}, elementwise.
   *
   * @param out {@code [n, width]}
   * @param x {@code [n, width]}
   */
  default void gelu(Tensor out, Tensor x, GeluForm form) {
    otherwise("gelu").gelu(out, x, form);
  }

  /** The backward pass of {@link #gelu}; {@code xGradient} may be {@code outGradient}. */
  default void geluBackward(Tensor xGradient, Tensor outGradient, Tensor x, GeluForm form) {
    otherwise("geluBackward").geluBackward(xGradient, outGradient, x, form);
  }

  /**
   * Causal multi-head attention within each sequence, dropout on its probabilities: {@code out =
   * dropout(softmax(scale · q·Kᵀ))·V} for each head, heads side by side.
   *
   * <p>Dropout's element of row r, head h and position j of its sequence is {@code (r·heads + h)·T
   * + j}.
   *
   * @param out {@code [n, C]}
   * @param logSumExp {@code [n, heads]}: the logarithm of each softmax's denominator, which is all
   *     that the backward pass needs to compute the probabilities again (Dao et al. 2022, §3.1)
   * @param qkv {@code [n, 3C]}: query, key, value side by side, each {@code [heads, headSize]}
   */
  default void attention(
      Tensor out,
      Tensor logSumExp,
      Tensor qkv,
      int sequenceLength,
      int heads,
      float scale,
      Dropout dropout) {
    otherwise("attention").attention(out, logSumExp, qkv, sequenceLength, heads, scale, dropout);
  }

  /** The backward pass of {@link #attention}. */
  default void attentionBackward(
      Tensor qkvGradient,
      Tensor outGradient,
      Tensor out,
      Tensor logSumExp,
      Tensor qkv,
      int sequenceLength,
      int heads,
      float scale,
      Dropout dropout) {
    otherwise("attentionBackward")
        .attentionBackward(
            qkvGradient, outGradient, out, logSumExp, qkv, sequenceLength, heads, scale, dropout);
  }

  /**
   * {@code out = dropout(x)}; its own backward pass, from outGradient to xGradient. Dropout's
   * element is the index in the flattened tensor.
   *
   * @param out {@code [n, width]}; may be {@code x}
   * @param x {@code [n, width]}
   */
  default void dropout(Tensor out, Tensor x, Dropout dropout) {
    otherwise("dropout").dropout(out, x, dropout);
  }

  /**
   * {@code out += dropout(x)}: the residual connection. Its backward pass by x is {@link #dropout}
   * of the gradient of out, which stays as it is.
   *
   * @param out {@code [n, width]}
   * @param x {@code [n, width]}
   */
  default void addResidual(Tensor out, Tensor x, Dropout dropout) {
    otherwise("addResidual").addResidual(out, x, dropout);
  }

  /**
   * {@code out = x·wteᵀ}.
   *
   * @param out {@code [n, V]}
   * @param x {@code [n, C]}
   * @param wte {@code [V, C]}
   */
  default void logits(Tensor out, Tensor x, Tensor wte) {
    otherwise("logits").logits(out, x, wte);
  }

  /**
   * The backward pass of {@link #logits}: {@code xGradient = outGradient·wte}, {@code wteGradient
   * += outGradientᵀ·x}.
   */
  default void logitsBackward(
      Tensor xGradient, Tensor wteGradient, Tensor outGradient, Tensor x, Tensor wte) {
    otherwise("logitsBackward").logitsBackward(xGradient, wteGradient, outGradient, x, wte);
  }

  /** A target that doesn't count: its loss and its gradient are 0. */
  int IGNORED_TARGET = -100;

  /**
   * Softmax and cross-entropy together, forward and backward: {@code losses[i] = −ln
   * softmax(logits[i])[targets[i]]} and {@code logitsGradient[i] = scale · (softmax(logits[i]) −
   * onehot(targets[i]))}. Rows whose target is {@link #IGNORED_TARGET} get zeros.
   *
   * @param losses {@code [n]}, in nats
   * @param logitsGradient {@code [n, V]}; may be {@code logits}
   * @param logits {@code [n, V]}
   * @param targets I32 {@code [n]}
   * @param scale {@code [1]}: usually one over the number of targets that count
   */
  default void crossEntropy(
      Tensor losses, Tensor logitsGradient, Tensor logits, Tensor targets, Tensor scale) {
    otherwise("crossEntropy").crossEntropy(losses, logitsGradient, logits, targets, scale);
  }

  /** {@code out = 0}. */
  default void zero(Tensor out) {
    otherwise("zero").zero(out);
  }

  /**
   * The Euclidean norm of all gradients together, and the factor that clips it (Pascanu et al.
   * 2013, §3.2): {@code out[0] = norm}, {@code out[1] = min(1, maximum / (norm + 1e-6))}. Squares
   * are added up in float64, or as exactly.
   *
   * @param out {@code [2]}
   * @param maximum above 0; infinity for no clipping
   */
  default void gradientNorm(Tensor out, List<Tensor> gradients, float maximum) {
    otherwise("gradientNorm").gradientNorm(out, gradients, maximum);
  }

  /**
   * One update by AdamW, with g = {@code norm[1] · gradient}:
   *
   * <pre>
   * parameter    −= rate · weightDecay · parameter
   * firstMoment   = beta1 · firstMoment + (1 − beta1) · g
   * secondMoment  = beta2 · secondMoment + (1 − beta2) · g²
   * parameter    −= rate · (firstMoment / c1) / (√(secondMoment / c2) + epsilon)
   * gradient      = 0
   * </pre>
   *
   * The gradient is zeroed in the same pass over memory, ready for the next batch.
   *
   * @param norm {@code [2]}, by {@link #gradientNorm}
   * @param schedule {@code [3]}: rate, c1 = 1 − beta1ᵗ, c2 = 1 − beta2ᵗ for update t, counted from
   *     1; the host writes it before each update
   */
  default void adamW(
      Tensor parameter,
      Tensor gradient,
      Tensor firstMoment,
      Tensor secondMoment,
      Tensor norm,
      Tensor schedule,
      AdamW settings) {
    otherwise("adamW")
        .adamW(parameter, gradient, firstMoment, secondMoment, norm, schedule, settings);
  }

  /**
   * As {@link gpt2j.api.Operations#otherwise}: what does the operations that these lack.
   *
   * @param operation its name
   * @throws gpt2j.api.UnsupportedException when there is nothing
   */
  TrainingOperations otherwise(String operation);
}
