package gpt2j.testkit;

import static gpt2j.testkit.SabotagedTensors.floats;
import static gpt2j.testkit.SabotagedTensors.setFloats;
import static gpt2j.testkit.SabotagedTraining.bug;
import static gpt2j.testkit.SabotagedTraining.copy;

import gpt2j.api.Backend;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.AdamW;
import gpt2j.api.training.TrainingOperations;
import gpt2j.spi.ForwardingTrainingOperations;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/** Bugs in the norm of gradients and in AdamW. */
final class SabotagedOptimizer {
  private SabotagedOptimizer() {}

  static List<Sabotage> all() {
    return List.of(
        optimizer("gradient not zeroed", GradientKept::new),
        optimizer("the last element not zeroed", LastNotZeroed::new),
        optimizer("no bias correction", (b, to) -> schedule(b, to, s -> s(s[0], 1, 1))),
        optimizer("corrections swapped", (b, to) -> schedule(b, to, s -> s(s[0], s[2], s[1]))),
        optimizer("rate ignored", (b, to) -> schedule(b, to, s -> s(1e-3f, s[1], s[2]))),
        optimizer("factor ignored", (b, to) -> norm(b, to, n -> new float[] {n[0], 1})),
        optimizer("norm for its factor", (b, to) -> norm(b, to, n -> new float[] {n[1], n[0]})),
        optimizer("no weight decay", (b, to) -> settings(to, s -> with(s, s.epsilon(), 0))),
        optimizer("weight decay in the gradient", DecayInGradient::new),
        optimizer("betas swapped", (b, to) -> settings(to, SabotagedOptimizer::swapped)),
        optimizer("epsilon fixed", (b, to) -> settings(to, s -> with(s, 1e-8f, s.weightDecay()))),
        optimizer("only the first gradient counts", FirstOnly::new),
        optimizer("norms added up", NormsAdded::new),
        optimizer("squares in float32", SquaresInFloat::new),
        optimizer("factor above 1", FactorAboveOne::new),
        optimizer("factor without its epsilon", FactorWithoutEpsilon::new));
  }

  private static Sabotage optimizer(
      String name, BiFunction<Backend, TrainingOperations, TrainingOperations> make) {
    return bug("optimizer: " + name, OptimizerContract.class, make);
  }

  private static float[] s(float... values) {
    return values;
  }

  private static TrainingOperations schedule(
      Backend backend, TrainingOperations to, UnaryOperator<float[]> change) {
    return new ForwardingTrainingOperations(to) {
      @Override
      public void adamW(
          Tensor p, Tensor g, Tensor m, Tensor v, Tensor norm, Tensor schedule, AdamW settings) {
        Tensor wrong = copy(backend, schedule);
        setFloats(backend, wrong, change.apply(floats(backend, schedule)));
        to.adamW(p, g, m, v, norm, wrong, settings);
      }
    };
  }

  private static TrainingOperations norm(
      Backend backend, TrainingOperations to, UnaryOperator<float[]> change) {
    return new ForwardingTrainingOperations(to) {
      @Override
      public void adamW(
          Tensor p, Tensor g, Tensor m, Tensor v, Tensor norm, Tensor schedule, AdamW settings) {
        Tensor wrong = copy(backend, norm);
        setFloats(backend, wrong, change.apply(floats(backend, norm)));
        to.adamW(p, g, m, v, wrong, schedule, settings);
      }
    };
  }

  private static TrainingOperations settings(TrainingOperations to, UnaryOperator<AdamW> change) {
    return new ForwardingTrainingOperations(to) {
      @Override
      public void adamW(
          Tensor p, Tensor g, Tensor m, Tensor v, Tensor norm, Tensor schedule, AdamW settings) {
        to.adamW(p, g, m, v, norm, schedule, change.apply(settings));
      }
    };
  }

  private static AdamW with(AdamW s, float epsilon, float weightDecay) {
    return new AdamW(s.beta1(), s.beta2(), epsilon, weightDecay);
  }

  private static AdamW swapped(AdamW s) {
    return new AdamW(s.beta2(), s.beta1(), s.epsilon(), s.weightDecay());
  }

  private static final class GradientKept extends TrainingBug {
    GradientKept(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void adamW(
        Tensor p, Tensor g, Tensor m, Tensor v, Tensor norm, Tensor schedule, AdamW settings) {
      to.adamW(p, copy(backend, g), m, v, norm, schedule, settings);
    }
  }

  private static final class LastNotZeroed extends TrainingBug {
    LastNotZeroed(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void zero(Tensor out) {
      float[] values = floats(backend, out);
      to.zero(out);
      float[] zeros = new float[values.length];
      zeros[zeros.length - 1] = values[zeros.length - 1];
      setFloats(backend, out, zeros);
    }
  }

  /** L2 regularisation instead of decoupled weight decay. */
  private static final class DecayInGradient extends TrainingBug {
    DecayInGradient(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void adamW(
        Tensor p, Tensor g, Tensor m, Tensor v, Tensor norm, Tensor schedule, AdamW settings) {
      float[] parameter = floats(backend, p);
      float[] gradient = floats(backend, g);
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] += settings.weightDecay() * parameter[i];
      }
      setFloats(backend, g, gradient);
      to.adamW(p, g, m, v, norm, schedule, with(settings, settings.epsilon(), 0));
    }
  }

  private static final class FirstOnly extends TrainingBug {
    FirstOnly(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void gradientNorm(Tensor out, List<Tensor> gradients, float maximum) {
      to.gradientNorm(out, gradients.subList(0, 1), maximum);
    }
  }

  private static final class NormsAdded extends TrainingBug {
    NormsAdded(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void gradientNorm(Tensor out, List<Tensor> gradients, float maximum) {
      double sum = 0;
      for (Tensor gradient : gradients) {
        to.gradientNorm(out, List.of(gradient), maximum);
        sum += floats(backend, out)[0];
      }
      float factor = (float) Math.min(1, maximum / (sum + 1e-6));
      setFloats(backend, out, new float[] {(float) sum, factor});
    }
  }

  private static final class SquaresInFloat extends TrainingBug {
    SquaresInFloat(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void gradientNorm(Tensor out, List<Tensor> gradients, float maximum) {
      float sum = 0;
      for (Tensor gradient : gradients) {
        for (float value : floats(backend, gradient)) {
          sum += value * value;
        }
      }
      double norm = Math.sqrt(sum);
      float factor = (float) Math.min(1, maximum / (norm + 1e-6));
      setFloats(backend, out, new float[] {(float) norm, factor});
    }
  }

  private static final class FactorAboveOne extends TrainingBug {
    FactorAboveOne(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void gradientNorm(Tensor out, List<Tensor> gradients, float maximum) {
      to.gradientNorm(out, gradients, maximum);
      float norm = floats(backend, out)[0];
      setFloats(backend, out, new float[] {norm, maximum / (norm + 1e-6f)});
    }
  }

  private static final class FactorWithoutEpsilon extends TrainingBug {
    FactorWithoutEpsilon(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void gradientNorm(Tensor out, List<Tensor> gradients, float maximum) {
      to.gradientNorm(out, gradients, maximum);
      float norm = floats(backend, out)[0];
      setFloats(backend, out, new float[] {norm, Math.min(1, maximum / norm)});
    }
  }
}
