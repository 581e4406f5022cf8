package gpt2j.testkit;

import static gpt2j.testkit.SabotagedTensors.changed;
import static gpt2j.testkit.SabotagedTensors.floats;
import static gpt2j.testkit.SabotagedTensors.ints;
import static gpt2j.testkit.SabotagedTensors.setFloats;
import static gpt2j.testkit.SabotagedTraining.bug;
import static gpt2j.testkit.SabotagedTraining.change;
import static gpt2j.testkit.SabotagedTraining.copy;
import static gpt2j.testkit.SabotagedTraining.fill;
import static gpt2j.testkit.SabotagedTraining.filled;

import gpt2j.api.Backend;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.TrainingOperations;
import gpt2j.spi.ForwardingTrainingOperations;
import java.util.List;
import java.util.function.BiFunction;

/** Bugs in embedding, layer norm and cross-entropy of training. */
final class SabotagedTrainingRows {
  private SabotagedTrainingRows() {}

  static List<Sabotage> all() {
    return List.of(
        embed("positions run through the batch", PositionsRunOn::new),
        embed("of equal tokens the last one wins", LastTokenWins::new),
        embed(
            "table gradient overwritten",
            (b, to) -> embedBackward(to, (wte, wpe) -> fill(b, wte, 0))),
        embed(
            "position gradient overwritten",
            (b, to) -> embedBackward(to, (wte, wpe) -> fill(b, wpe, 0))),
        norm(
            "x's gradient overwritten",
            (b, to) -> normBackward(to, (x, gain, bias) -> fill(b, x, 0))),
        norm(
            "gain's gradient overwritten",
            (b, to) -> normBackward(to, (x, gain, bias) -> fill(b, gain, 0))),
        norm(
            "bias's gradient overwritten",
            (b, to) -> normBackward(to, (x, gain, bias) -> fill(b, bias, 0))),
        norm("mean and deviation taken as constants", NormOfConstants::new),
        norm("gain forgotten in x's gradient", GainForgotten::new),
        norm("rows beyond 256 left out", RowsLeftOut::new),
        norm("inverse deviation without epsilon", WithoutEpsilon::new),
        loss("ignored targets count", IgnoredCount::new),
        loss("scale forgotten", ScaleForgotten::new),
        loss("losses after the gradient, in place", LossesTooLate::new),
        loss("target off by one", TargetOffByOne::new),
        loss("target not subtracted", TargetNotSubtracted::new),
        loss("exp overflows", Overflows::new),
        loss("losses scaled too", LossesScaled::new));
  }

  private static Sabotage embed(
      String name, BiFunction<Backend, TrainingOperations, TrainingOperations> make) {
    return bug("training embed: " + name, TrainingEmbedContract.class, make);
  }

  private static Sabotage norm(
      String name, BiFunction<Backend, TrainingOperations, TrainingOperations> make) {
    return bug("training norm: " + name, TrainingNormContract.class, make);
  }

  private static Sabotage loss(
      String name, BiFunction<Backend, TrainingOperations, TrainingOperations> make) {
    return bug("training loss: " + name, TrainingLossContract.class, make);
  }

  private interface BeforeEmbedding {
    void on(Tensor wteGradient, Tensor wpeGradient);
  }

  private static TrainingOperations embedBackward(TrainingOperations to, BeforeEmbedding before) {
    return new ForwardingTrainingOperations(to) {
      @Override
      public void embedBackward(Tensor wte, Tensor wpe, Tensor out, Tensor tokens, int length) {
        before.on(wte, wpe);
        to.embedBackward(wte, wpe, out, tokens, length);
      }
    };
  }

  private interface BeforeNorm {
    void on(Tensor xGradient, Tensor gainGradient, Tensor biasGradient);
  }

  private static TrainingOperations normBackward(TrainingOperations to, BeforeNorm before) {
    return new ForwardingTrainingOperations(to) {
      @Override
      public void layerNormBackward(
          Tensor dx,
          Tensor dGain,
          Tensor dBias,
          Tensor dOut,
          Tensor x,
          Tensor gain,
          Tensor mean,
          Tensor rstd) {
        before.on(dx, dGain, dBias);
        to.layerNormBackward(dx, dGain, dBias, dOut, x, gain, mean, rstd);
      }
    };
  }

  private static final class PositionsRunOn extends TrainingBug {
    PositionsRunOn(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void embed(Tensor out, Tensor tokens, Tensor wte, Tensor wpe, int length) {
      int context = wpe.shape().rows();
      for (int row = 0; row < out.shape().rows(); row++) {
        Tensor position = wpe.rows(row % context, 1);
        to.embed(out.rows(row, 1), tokens.rows(row, 1), wte, position, 1);
      }
    }
  }

  private static final class LastTokenWins extends TrainingBug {
    LastTokenWins(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void embedBackward(Tensor wte, Tensor wpe, Tensor out, Tensor tokens, int length) {
      float[] before = floats(backend, wte);
      to.embedBackward(wte, wpe, out, tokens, length);
      int[] token = ints(backend, tokens);
      float[] gradient = floats(backend, out);
      float[] after = floats(backend, wte);
      int width = wte.shape().size(1);
      for (int i = 0; i < gradient.length; i++) {
        int element = token[i / width] * width + i % width;
        after[element] = before[element] + gradient[i];
      }
      setFloats(backend, wte, after);
    }
  }

  private static final class NormOfConstants extends TrainingBug {
    NormOfConstants(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void layerNormBackward(
        Tensor dx,
        Tensor dGain,
        Tensor dBias,
        Tensor dOut,
        Tensor x,
        Tensor gain,
        Tensor mean,
        Tensor rstd) {
      float[] sums = floats(backend, dx);
      to.layerNormBackward(dx, dGain, dBias, dOut, x, gain, mean, rstd);
      float[] gradient = floats(backend, dOut);
      float[] scale = floats(backend, gain);
      float[] inverse = floats(backend, rstd);
      for (int i = 0; i < sums.length; i++) {
        sums[i] += inverse[i / scale.length] * gradient[i] * scale[i % scale.length];
      }
      setFloats(backend, dx, sums);
    }
  }

  private static final class GainForgotten extends TrainingBug {
    GainForgotten(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void layerNormBackward(
        Tensor dx,
        Tensor dGain,
        Tensor dBias,
        Tensor dOut,
        Tensor x,
        Tensor gain,
        Tensor mean,
        Tensor rstd) {
      Tensor ones = filled(backend, gain, 1);
      to.layerNormBackward(dx, dGain, dBias, dOut, x, ones, mean, rstd);
    }
  }

  private static final class RowsLeftOut extends TrainingBug {
    RowsLeftOut(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void layerNormBackward(
        Tensor dx,
        Tensor dGain,
        Tensor dBias,
        Tensor dOut,
        Tensor x,
        Tensor gain,
        Tensor mean,
        Tensor rstd) {
      int n = Math.min(256, x.shape().rows());
      to.layerNormBackward(
          dx.rows(0, n),
          dGain,
          dBias,
          dOut.rows(0, n),
          x.rows(0, n),
          gain,
          mean.rows(0, n),
          rstd.rows(0, n));
    }
  }

  private static final class WithoutEpsilon extends TrainingBug {
    WithoutEpsilon(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void layerNorm(
        Tensor out, Tensor mean, Tensor rstd, Tensor x, Tensor gain, Tensor bias, float epsilon) {
      to.layerNorm(out, mean, rstd, x, gain, bias, epsilon);
      change(backend, rstd, r -> (float) (1 / Math.sqrt(1 / (r * r) - epsilon)));
    }
  }

  private static final class IgnoredCount extends TrainingBug {
    IgnoredCount(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void crossEntropy(
        Tensor losses, Tensor gradient, Tensor logits, Tensor targets, Tensor scale) {
      Tensor counting = changed(backend, targets, target -> Math.max(0, target));
      to.crossEntropy(losses, gradient, logits, counting, scale);
    }
  }

  private static final class ScaleForgotten extends TrainingBug {
    ScaleForgotten(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void crossEntropy(
        Tensor losses, Tensor gradient, Tensor logits, Tensor targets, Tensor scale) {
      to.crossEntropy(losses, gradient, logits, targets, filled(backend, scale, 1));
    }
  }

  private static final class LossesTooLate extends TrainingBug {
    LossesTooLate(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void crossEntropy(
        Tensor losses, Tensor gradient, Tensor logits, Tensor targets, Tensor scale) {
      to.crossEntropy(losses, gradient, logits, targets, scale);
      to.crossEntropy(losses, copy(backend, gradient), logits, targets, scale);
    }
  }

  private static final class TargetOffByOne extends TrainingBug {
    TargetOffByOne(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void crossEntropy(
        Tensor losses, Tensor gradient, Tensor logits, Tensor targets, Tensor scale) {
      int vocabulary = logits.shape().size(1);
      Tensor next = changed(backend, targets, t -> t < 0 ? t : (t + 1) % vocabulary);
      to.crossEntropy(losses, gradient, logits, next, scale);
    }
  }

  private static final class TargetNotSubtracted extends TrainingBug {
    TargetNotSubtracted(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void crossEntropy(
        Tensor losses, Tensor gradient, Tensor logits, Tensor targets, Tensor scale) {
      to.crossEntropy(losses, gradient, logits, targets, scale);
      float[] values = floats(backend, gradient);
      int[] target = ints(backend, targets);
      for (int row = 0; row < target.length; row++) {
        if (target[row] >= 0) {
          values[row * logits.shape().size(1) + target[row]] += floats(backend, scale)[0];
        }
      }
      setFloats(backend, gradient, values);
    }
  }

  private static final class Overflows extends TrainingBug {
    Overflows(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void crossEntropy(
        Tensor losses, Tensor gradient, Tensor logits, Tensor targets, Tensor scale) {
      boolean overflows = false;
      for (float logit : floats(backend, logits)) {
        overflows |= logit > 88;
      }
      to.crossEntropy(losses, gradient, logits, targets, scale);
      if (overflows) {
        fill(backend, gradient, Float.NaN);
      }
    }
  }

  private static final class LossesScaled extends TrainingBug {
    LossesScaled(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void crossEntropy(
        Tensor losses, Tensor gradient, Tensor logits, Tensor targets, Tensor scale) {
      to.crossEntropy(losses, gradient, logits, targets, scale);
      float factor = floats(backend, scale)[0];
      change(backend, losses, loss -> factor * loss);
    }
  }
}
