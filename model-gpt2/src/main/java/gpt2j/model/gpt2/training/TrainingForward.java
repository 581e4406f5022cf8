package gpt2j.model.gpt2.training;

import gpt2j.api.Backend;
import gpt2j.api.Profiler;
import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.Dropout;
import gpt2j.api.training.TrainingOperations;
import gpt2j.model.gpt2.config.Gpt2Config;

/**
 * GPT-2's forward pass over B whole sequences (Radford et al. 2019, §2.3), which keeps what {@link
 * TrainingBackward} needs.
 *
 * <p>Shapes: n = B·T rows, embedding width C, n_inner I, vocabulary V.
 */
final class TrainingForward {
  private final Gpt2Config config;
  private final ParameterTensors weights;
  private final Dropouts dropouts;
  private final int sequenceLength;
  private final TrainingOperations ops;
  private final Profiler profiler;

  TrainingForward(
      Gpt2Config config,
      ParameterTensors weights,
      Dropouts dropouts,
      int sequenceLength,
      Backend backend) {
    this.config = config;
    this.weights = weights;
    this.dropouts = dropouts;
    this.sequenceLength = sequenceLength;
    this.ops = backend.training();
    this.profiler = backend.profiler();
  }

  /** Tokens in, result of the final norm out: {@code a.lnF().out()}, [n, C]. */
  void run(TrainingActivations a) {
    GeluForm form = config.activation();
    float epsilon = config.layerNormEpsilon();
    Tensor x = a.blocks().getFirst().x();

    profiler.section("embedding");
    ops.embed(x, a.tokens(), weights.wte(), weights.wpe(), sequenceLength); // [n, C]
    drop(x, dropouts.embedding());

    for (int layer = 0; layer < config.layers(); layer++) {
      ParameterTensors.Block w = weights.blocks().get(layer);
      TrainingActivations.Block b = a.blocks().get(layer);

      profiler.section("ln_1");
      norm(b.ln1(), b.x(), w.ln1(), epsilon);
      profiler.section("qkv");
      linear(b.qkv(), b.ln1().out(), w.attnCAttn()); // [n, C] → [n, 3C]
      profiler.section("attention");
      ops.attention(
          b.attention(), // [n, C]
          b.logSumExp(),
          b.qkv(),
          sequenceLength,
          config.heads(),
          config.attentionScale(layer),
          dropouts.attention(layer));
      profiler.section("attn_proj");
      linear(b.middle(), b.attention(), w.attnCProj());
      drop(b.middle(), dropouts.attnCProj(layer));
      ops.addResidual(b.middle(), b.x(), Dropout.NONE); // x + attention

      profiler.section("ln_2");
      norm(b.ln2(), b.middle(), w.ln2(), epsilon);
      profiler.section("mlp_fc");
      linear(b.fc(), b.ln2().out(), w.mlpCFc()); // [n, C] → [n, I]
      profiler.section("gelu");
      ops.gelu(b.gelu(), b.fc(), form);
      profiler.section("mlp_proj");
      linear(b.out(), b.gelu(), w.mlpCProj()); // [n, I] → [n, C]
      drop(b.out(), dropouts.mlpCProj(layer));
      ops.addResidual(b.out(), b.middle(), Dropout.NONE); // x + MLP
    }

    profiler.section("ln_f");
    norm(a.lnF(), a.blocks().getLast().out(), weights.lnF(), epsilon);
    profiler.end();
  }

  private void norm(
      TrainingActivations.Norm out, Tensor x, ParameterTensors.LayerNorm w, float epsilon) {
    ops.layerNorm(out.out(), out.mean(), out.rstd(), x, w.gain(), w.bias(), epsilon);
  }

  private void linear(Tensor out, Tensor x, ParameterTensors.Linear w) {
    ops.linear(out, x, w.weight(), w.bias());
  }

  private void drop(Tensor x, Dropout dropout) {
    if (dropout != Dropout.NONE) {
      ops.dropout(x, x, dropout);
    }
  }
}
