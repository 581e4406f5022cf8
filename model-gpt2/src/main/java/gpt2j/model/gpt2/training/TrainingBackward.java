package gpt2j.model.gpt2.training;

import gpt2j.api.Backend;
import gpt2j.api.Profiler;
import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.Dropout;
import gpt2j.api.training.TrainingOperations;
import gpt2j.model.gpt2.config.Gpt2Config;

/**
 * The backward pass of {@link TrainingForward}: the same lines from the last to the first, each
 * with the gradient of what it computed. Gradients of parameters are added to what is there.
 *
 * <p>Shapes: n = B·T rows, embedding width C, n_inner I.
 */
final class TrainingBackward {
  private final Gpt2Config config;
  private final ParameterTensors weights;
  private final ParameterTensors gradients;
  private final Dropouts dropouts;
  private final TrainingOptions options;
  private final TrainingOperations ops;
  private final Profiler profiler;

  TrainingBackward(
      Gpt2Config config,
      ParameterTensors weights,
      ParameterTensors gradients,
      Dropouts dropouts,
      TrainingOptions options,
      Backend backend) {
    this.config = config;
    this.weights = weights;
    this.gradients = gradients;
    this.dropouts = dropouts;
    this.options = options;
    this.ops = backend.training();
    this.profiler = backend.profiler();
  }

  /** Gradient of the final norm's result in, {@code a.gradients().y()}; parameters' out. */
  void run(TrainingActivations a) {
    int sequenceLength = options.sequenceLength();
    GeluForm form = config.activation();
    TrainingActivations.Gradients d = a.gradients();

    profiler.section("ln_f_backward");
    ops.zero(d.x()); // [n, C]: what norms add to from here on
    norm(d, a.blocks().getLast().out(), a.lnF(), weights.lnF(), gradients.lnF());

    for (int layer = config.layers() - 1; layer >= 0; layer--) {
      ParameterTensors.Block w = weights.blocks().get(layer);
      ParameterTensors.Block g = gradients.blocks().get(layer);
      TrainingActivations.Block b = a.blocks().get(layer);

      profiler.section("mlp_proj_backward");
      Tensor mlp = drop(d, dropouts.mlpCProj(layer));
      if (options.recompute() == Recompute.GELU) {
        ops.gelu(b.gelu(), b.fc(), form);
      }
      linear(d.fc(), mlp, b.gelu(), w.mlpCProj(), g.mlpCProj()); // [n, C] → [n, I]
      profiler.section("gelu_backward");
      ops.geluBackward(d.fc(), d.fc(), b.fc(), form);
      profiler.section("mlp_fc_backward");
      linear(d.y(), d.fc(), b.ln2().out(), w.mlpCFc(), g.mlpCFc()); // [n, I] → [n, C]
      profiler.section("ln_2_backward");
      norm(d, b.middle(), b.ln2(), w.ln2(), g.ln2());

      profiler.section("attn_proj_backward");
      Tensor attention = drop(d, dropouts.attnCProj(layer));
      linear(d.attention(), attention, b.attention(), w.attnCProj(), g.attnCProj());
      profiler.section("attention_backward");
      ops.attentionBackward(
          d.qkv(), // [n, 3C]
          d.attention(),
          b.attention(),
          b.logSumExp(),
          b.qkv(),
          sequenceLength,
          config.heads(),
          config.attentionScale(layer),
          dropouts.attention(layer));
      profiler.section("qkv_backward");
      linear(d.y(), d.qkv(), b.ln1().out(), w.attnCAttn(), g.attnCAttn()); // [n, 3C] → [n, C]
      profiler.section("ln_1_backward");
      norm(d, b.x(), b.ln1(), w.ln1(), g.ln1());
    }

    profiler.section("embedding_backward");
    Tensor embedding = drop(d, dropouts.embedding());
    ops.embedBackward(gradients.wte(), gradients.wpe(), embedding, a.tokens(), sequenceLength);
    profiler.end();
  }

  /** From d.y, added to d.x. */
  private void norm(
      TrainingActivations.Gradients d,
      Tensor x,
      TrainingActivations.Norm kept,
      ParameterTensors.LayerNorm w,
      ParameterTensors.LayerNorm g) {
    ops.layerNormBackward(d.x(), g.gain(), g.bias(), d.y(), x, w.gain(), kept.mean(), kept.rstd());
  }

  private void linear(
      Tensor xGradient,
      Tensor outGradient,
      Tensor x,
      ParameterTensors.Linear w,
      ParameterTensors.Linear g) {
    ops.linearBackward(xGradient, g.weight(), g.bias(), outGradient, x, w.weight());
  }

  /** Gradient of what dropout was given, in d.y; without dropout that of the stream itself. */
  private Tensor drop(TrainingActivations.Gradients d, Dropout dropout) {
    if (dropout == Dropout.NONE) {
      return d.x();
    }
    ops.dropout(d.y(), d.x(), dropout);
    return d.y();
  }
}
