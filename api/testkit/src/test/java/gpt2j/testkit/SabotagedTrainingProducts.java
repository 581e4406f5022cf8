package gpt2j.testkit;

import static gpt2j.testkit.SabotagedTraining.added;
import static gpt2j.testkit.SabotagedTraining.bug;
import static gpt2j.testkit.SabotagedTraining.change;
import static gpt2j.testkit.SabotagedTraining.copy;
import static gpt2j.testkit.SabotagedTraining.fill;
import static gpt2j.testkit.SabotagedTraining.filled;

import gpt2j.api.Backend;
import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.TrainingOperations;
import gpt2j.spi.ForwardingTrainingOperations;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Bugs in linear layers, the output head and GELU of training. */
final class SabotagedTrainingProducts {
  private SabotagedTrainingProducts() {}

  static List<Sabotage> all() {
    return List.of(
        product("bias forgotten", BiasForgotten::new),
        product("weight's gradient overwritten", (b, to) -> before(to, (w, bias) -> fill(b, w, 0))),
        product(
            "bias's gradient overwritten",
            (b, to) -> before(to, (w, bias) -> fill(b, bias == null ? w : bias, 0))),
        product("bias's gradient forgotten", BiasGradientForgotten::new),
        product("x's gradient added", XGradientAdded::new),
        product("not transposed where square", NotTransposed::new),
        product("rows beyond 128 left out", RowsLeftOut::new),
        product("different every time", Shaky::new),
        product("wte's gradient overwritten", WteGradientOverwritten::new),
        product("the last token's gradient forgotten", LastTokenForgotten::new),
        gelu("tanh's derivative for erf", OneDerivative::new),
        gelu("erf for tanh", OneForm::new),
        gelu("derivative at the result", DerivativeAtResult::new),
        gelu("infinity times zero", InfinityTimesZero::new),
        gelu("cannot do it in place", NotInPlace::new));
  }

  private static Sabotage product(
      String name, BiFunction<Backend, TrainingOperations, TrainingOperations> make) {
    return bug("training product: " + name, TrainingProductContract.class, make);
  }

  private static Sabotage gelu(
      String name, BiFunction<Backend, TrainingOperations, TrainingOperations> make) {
    return bug("training gelu: " + name, TrainingGeluContract.class, make);
  }

  private interface BeforeLinear {
    void on(Tensor weightGradient, @Nullable Tensor biasGradient);
  }

  private static TrainingOperations before(TrainingOperations to, BeforeLinear before) {
    return new ForwardingTrainingOperations(to) {
      @Override
      public void linearBackward(
          Tensor dx, Tensor dWeight, @Nullable Tensor dBias, Tensor dOut, Tensor x, Tensor weight) {
        before.on(dWeight, dBias);
        to.linearBackward(dx, dWeight, dBias, dOut, x, weight);
      }
    };
  }

  private static final class BiasForgotten extends TrainingBug {
    BiasForgotten(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void linear(Tensor out, Tensor x, Tensor weight, @Nullable Tensor bias) {
      to.linear(out, x, weight, null);
    }
  }

  private static final class BiasGradientForgotten extends TrainingBug {
    BiasGradientForgotten(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void linearBackward(
        Tensor dx, Tensor dWeight, @Nullable Tensor dBias, Tensor dOut, Tensor x, Tensor weight) {
      to.linearBackward(dx, dWeight, null, dOut, x, weight);
    }
  }

  private static final class XGradientAdded extends TrainingBug {
    XGradientAdded(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void linearBackward(
        Tensor dx, Tensor dWeight, @Nullable Tensor dBias, Tensor dOut, Tensor x, Tensor weight) {
      added(backend, dx, sums -> to.linearBackward(sums, dWeight, dBias, dOut, x, weight));
    }
  }

  private static final class NotTransposed extends TrainingBug {
    NotTransposed(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void linearBackward(
        Tensor dx, Tensor dWeight, @Nullable Tensor dBias, Tensor dOut, Tensor x, Tensor weight) {
      to.linearBackward(dx, dWeight, dBias, dOut, x, weight);
      if (weight.shape().size(0) == weight.shape().size(1)) {
        to.linear(dx, dOut, weight, null);
      }
    }
  }

  private static final class RowsLeftOut extends TrainingBug {
    RowsLeftOut(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void linearBackward(
        Tensor dx, Tensor dWeight, @Nullable Tensor dBias, Tensor dOut, Tensor x, Tensor weight) {
      Tensor kept = copy(backend, dWeight);
      to.linearBackward(dx, kept, dBias, dOut, x, weight);
      int n = Math.min(128, x.shape().rows());
      Tensor first = filled(backend, dx.rows(0, n), 0);
      to.linearBackward(first, dWeight, null, dOut.rows(0, n), x.rows(0, n), weight);
    }
  }

  private static final class Shaky extends TrainingBug {
    private float shift;

    Shaky(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void linearBackward(
        Tensor dx, Tensor dWeight, @Nullable Tensor dBias, Tensor dOut, Tensor x, Tensor weight) {
      to.linearBackward(dx, dWeight, dBias, dOut, x, weight);
      shift = 1e-6f - shift;
      change(backend, dWeight, value -> value + shift);
    }
  }

  private static final class WteGradientOverwritten extends TrainingBug {
    WteGradientOverwritten(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void logitsBackward(Tensor dx, Tensor dWte, Tensor dOut, Tensor x, Tensor wte) {
      fill(backend, dWte, 0);
      to.logitsBackward(dx, dWte, dOut, x, wte);
    }
  }

  private static final class LastTokenForgotten extends TrainingBug {
    LastTokenForgotten(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void logitsBackward(Tensor dx, Tensor dWte, Tensor dOut, Tensor x, Tensor wte) {
      Tensor last = dWte.rows(dWte.shape().rows() - 1, 1);
      float[] before = SabotagedTensors.floats(backend, last);
      to.logitsBackward(dx, dWte, dOut, x, wte);
      SabotagedTensors.setFloats(backend, last, before);
    }
  }

  private static final class OneDerivative extends TrainingBug {
    OneDerivative(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void geluBackward(Tensor dx, Tensor dOut, Tensor x, GeluForm form) {
      to.geluBackward(dx, dOut, x, GeluForm.TANH);
    }
  }

  private static final class OneForm extends TrainingBug {
    OneForm(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void gelu(Tensor out, Tensor x, GeluForm form) {
      to.gelu(out, x, GeluForm.ERF);
    }
  }

  private static final class DerivativeAtResult extends TrainingBug {
    DerivativeAtResult(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void geluBackward(Tensor dx, Tensor dOut, Tensor x, GeluForm form) {
      Tensor out = filled(backend, x, 0);
      to.gelu(out, x, form);
      to.geluBackward(dx, dOut, out, form);
    }
  }

  private static final class InfinityTimesZero extends TrainingBug {
    InfinityTimesZero(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void geluBackward(Tensor dx, Tensor dOut, Tensor x, GeluForm form) {
      boolean large = false;
      for (float value : SabotagedTensors.floats(backend, x)) {
        large |= Math.abs(value) > 1e20;
      }
      to.geluBackward(dx, dOut, x, form);
      if (large) {
        fill(backend, dx, Float.NaN);
      }
    }
  }

  private static final class NotInPlace extends TrainingBug {
    NotInPlace(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void geluBackward(Tensor dx, Tensor dOut, Tensor x, GeluForm form) {
      fill(backend, dx, 1);
      to.geluBackward(dx, dOut, x, form);
    }
  }
}
