package gpt2j.model.gpt2.training;

import gpt2j.api.Backend;
import gpt2j.api.Profiler;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.TrainingOperations;

/**
 * The output head and the loss, some rows at a time, forward and, when training, backward at once:
 * so the logits of all rows need never be held.
 *
 * <p>Shapes: m rows at a time, embedding width C, vocabulary V.
 */
final class TrainingHead {
  private final Tensor weight; // [V, C]
  private final Tensor weightGradient; // [V, C]
  private final TrainingOperations ops;
  private final Profiler profiler;

  TrainingHead(ParameterTensors weights, ParameterTensors gradients, Backend backend) {
    weight = weights.head();
    weightGradient = gradients.head();
    ops = backend.training();
    profiler = backend.profiler();
  }

  /** Result of the final norm in, losses out: {@code a.losses()}, [n]. */
  void forward(TrainingActivations a, Tensor scale) {
    for (TrainingActivations.HeadRows rows : a.head()) {
      losses(rows, scale);
    }
    profiler.end();
  }

  /** The same, and gradient of the final norm's result out: {@code a.gradients().y()}, [n, C]. */
  void forwardAndBackward(TrainingActivations a, Tensor scale) {
    for (TrainingActivations.HeadRows rows : a.head()) {
      losses(rows, scale);
      profiler.section("head_backward");
      Tensor logitsGradient = rows.logits();
      ops.logitsBackward(
          rows.yGradient(), weightGradient, logitsGradient, rows.y(), weight); // [m, V] → [m, C]
    }
    profiler.end();
  }

  private void losses(TrainingActivations.HeadRows rows, Tensor scale) {
    profiler.section("head");
    ops.logits(rows.logits(), rows.y(), weight); // [m, C] → [m, V]
    profiler.section("loss");
    ops.crossEntropy(rows.losses(), rows.logits(), rows.logits(), rows.targets(), scale);
  }
}
