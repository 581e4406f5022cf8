package gpt2j.model.gpt2.training;

import gpt2j.api.Backend;
import gpt2j.api.Profiler;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.training.AdamW;
import gpt2j.api.training.TrainingOperations;
import gpt2j.model.gpt2.memory.HostFloats;
import gpt2j.model.gpt2.memory.Resources;
import java.util.List;

/** Clips the gradients by their norm and updates all parameters by AdamW. */
final class Optimizer implements AutoCloseable {
  private final Resources resources = new Resources();
  private final Backend backend;
  private final TrainingState state;
  private final float maximumNorm;
  private final AdamW decaying;
  private final AdamW constant;
  private final Tensor norm; // [2]: norm and factor
  private final Tensor schedule; // [3]: rate and bias corrections

  Optimizer(Backend backend, TrainingState state, TrainingOptions options) {
    this.backend = backend;
    this.state = state;
    maximumNorm = options.maximumNorm();
    decaying = options.adamW();
    constant = new AdamW(decaying.beta1(), decaying.beta2(), decaying.epsilon(), 0);
    try {
      norm = resources.add(backend.allocate(DataType.F32, Shape.of(2), Usage.IO));
      schedule = resources.add(backend.allocate(DataType.F32, Shape.of(3), Usage.IO));
    } catch (RuntimeException | Error e) {
      resources.closeAfter(e);
      throw e;
    }
  }

  /**
   * Sets what differs from update to update.
   *
   * @param update counted from 1
   */
  void schedule(double rate, long update) {
    double c1 = 1 - Math.pow(decaying.beta1(), update);
    double c2 = 1 - Math.pow(decaying.beta2(), update);
    HostFloats.write(backend, schedule, new float[] {(float) rate, (float) c1, (float) c2});
  }

  /** One update; gradients are zero afterwards. */
  void run() {
    TrainingOperations ops = backend.training();
    Profiler profiler = backend.profiler();

    profiler.section("gradient_norm");
    List<Tensor> gradients = List.copyOf(state.of(TrainingTensor.GRADIENT).values());
    ops.gradientNorm(norm, gradients, maximumNorm);

    profiler.section("adamw");
    state
        .of(TrainingTensor.GRADIENT)
        .forEach(
            (name, gradient) -> {
              Tensor parameter = state.get(TrainingTensor.PARAMETER, name);
              Tensor firstMoment = state.get(TrainingTensor.FIRST_MOMENT, name);
              Tensor secondMoment = state.get(TrainingTensor.SECOND_MOMENT, name);
              AdamW settings = decays(parameter) ? decaying : constant;
              ops.adamW(parameter, gradient, firstMoment, secondMoment, norm, schedule, settings);
            });
    state.unused().forEach(ops::zero);
    profiler.end();
  }

  /** As in nanoGPT: matrices and embeddings do, biases and gains don't. */
  private static boolean decays(Tensor parameter) {
    return parameter.shape().rank() >= 2;
  }

  /** Waits; the norm of the gradients before clipping. */
  float norm() {
    return HostFloats.read(backend, norm)[0];
  }

  @Override
  public void close() {
    resources.close();
  }
}
