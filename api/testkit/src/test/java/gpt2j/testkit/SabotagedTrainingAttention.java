package gpt2j.testkit;

import static gpt2j.testkit.SabotagedTensors.floats;
import static gpt2j.testkit.SabotagedTensors.ints;
import static gpt2j.testkit.SabotagedTensors.setFloats;
import static gpt2j.testkit.SabotagedTraining.added;
import static gpt2j.testkit.SabotagedTraining.bug;
import static gpt2j.testkit.SabotagedTraining.change;
import static gpt2j.testkit.SabotagedTraining.fill;

import gpt2j.api.Backend;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.training.Dropout;
import gpt2j.api.training.TrainingOperations;
import gpt2j.spi.ForwardingTrainingOperations;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/** Bugs in attention and dropout of training. */
final class SabotagedTrainingAttention {
  private SabotagedTrainingAttention() {}

  static List<Sabotage> all() {
    return List.of(
        attention("sequences run together", RunTogether::new),
        attention("one position too few", OnePositionTooFew::new),
        attention("the usual scale, whatever is asked", UsualScale::new),
        attention("backward pass without the scale", ScaleForgotten::new),
        attention("exp overflows", Overflows::new),
        attention("logarithm to base 2", BaseTwo::new),
        attention("gradient added", GradientAdded::new),
        attention("values' gradient forgotten", ValuesForgotten::new),
        attention("no dropout", (b, to) -> attentionDropout(to, d -> Dropout.NONE, d -> d)),
        attention("no mask backwards", (b, to) -> attentionDropout(to, d -> d, d -> Dropout.NONE)),
        attention(
            "another mask backwards", (b, to) -> attentionDropout(to, d -> d, d -> atSite(d, 1))),
        attention("another mask", (b, to) -> attentionDropout(to, SITE, SITE)),
        attention("dropped without making up for it", DroppedOnly::new),
        dropout("dropped without making up for it", DroppedOnly::new),
        dropout("half of the seed ignored", (b, to) -> everyDropout(to, HALF_SEED)),
        dropout("site ignored", (b, to) -> everyDropout(to, d -> atSite(d, -d.site()))),
        dropout("keeps what it should drop", (b, to) -> everyDropout(to, OPPOSITE)),
        dropout("each row counts from 0", RowsCountFromZero::new),
        dropout("pass is looked at once", PassOfTheFirstTime::new),
        dropout("residual overwritten", ResidualOverwritten::new));
  }

  private static Sabotage attention(
      String name, BiFunction<Backend, TrainingOperations, TrainingOperations> make) {
    return bug("training attention: " + name, TrainingAttentionContract.class, make);
  }

  private static Sabotage dropout(
      String name, BiFunction<Backend, TrainingOperations, TrainingOperations> make) {
    return bug("dropout: " + name, DropoutContract.class, make);
  }

  private interface Change {
    Dropout of(Dropout.Random dropout);

    default Dropout ofAny(Dropout dropout) {
      return dropout instanceof Dropout.Random random ? of(random) : dropout;
    }
  }

  private static final Change SITE = d -> atSite(d, 1);
  private static final Change HALF_SEED =
      d -> new Dropout.Random(d.probability(), (int) d.seed(), d.site(), d.pass());
  private static final Change OPPOSITE =
      d -> new Dropout.Random(1 - d.probability(), d.seed(), d.site(), d.pass());

  private static Dropout atSite(Dropout.Random d, int further) {
    return new Dropout.Random(d.probability(), d.seed(), d.site() + further, d.pass());
  }

  private static TrainingOperations attentionDropout(
      TrainingOperations to, Change forward, Change backward) {
    return new ForwardingTrainingOperations(to) {
      @Override
      public void attention(
          Tensor out, Tensor sums, Tensor qkv, int length, int heads, float scale, Dropout d) {
        to.attention(out, sums, qkv, length, heads, scale, forward.ofAny(d));
      }

      @Override
      public void attentionBackward(
          Tensor dQkv,
          Tensor dOut,
          Tensor out,
          Tensor sums,
          Tensor qkv,
          int length,
          int heads,
          float scale,
          Dropout d) {
        Dropout wrong = backward.ofAny(d);
        to.attentionBackward(dQkv, dOut, out, sums, qkv, length, heads, scale, wrong);
      }
    };
  }

  private static TrainingOperations everyDropout(TrainingOperations to, Change change) {
    return new ForwardingTrainingOperations(to) {
      @Override
      public void dropout(Tensor out, Tensor x, Dropout dropout) {
        to.dropout(out, x, change.ofAny(dropout));
      }

      @Override
      public void addResidual(Tensor out, Tensor x, Dropout dropout) {
        to.addResidual(out, x, change.ofAny(dropout));
      }
    };
  }

  private static final class RunTogether extends TrainingBug {
    RunTogether(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void attention(
        Tensor out, Tensor sums, Tensor qkv, int length, int heads, float scale, Dropout d) {
      to.attention(out, sums, qkv, out.shape().rows(), heads, scale, d);
    }
  }

  /** Each sequence's last row is taken for the first of the next. */
  private static final class OnePositionTooFew extends TrainingBug {
    OnePositionTooFew(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void attention(
        Tensor out, Tensor sums, Tensor qkv, int length, int heads, float scale, Dropout d) {
      to.attention(out, sums, qkv, length, heads, scale, d);
      int last = out.shape().rows() - 1;
      to.attention(
          out.rows(last, 1), sums.rows(last, 1), qkv.rows(last, 1), 1, heads, scale, Dropout.NONE);
    }
  }

  private static final class UsualScale extends TrainingBug {
    UsualScale(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void attention(
        Tensor out, Tensor sums, Tensor qkv, int length, int heads, float scale, Dropout d) {
      float usual = (float) (1 / Math.sqrt(out.shape().size(1) / heads));
      to.attention(out, sums, qkv, length, heads, usual, d);
    }
  }

  private static final class ScaleForgotten extends TrainingBug {
    ScaleForgotten(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void attentionBackward(
        Tensor dQkv,
        Tensor dOut,
        Tensor out,
        Tensor sums,
        Tensor qkv,
        int length,
        int heads,
        float scale,
        Dropout d) {
      to.attentionBackward(dQkv, dOut, out, sums, qkv, length, heads, scale, d);
      int width = out.shape().size(1);
      float[] gradient = floats(backend, dQkv);
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] /= i % (3 * width) < 2 * width ? scale : 1;
      }
      setFloats(backend, dQkv, gradient);
    }
  }

  private static final class Overflows extends TrainingBug {
    Overflows(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void attention(
        Tensor out, Tensor sums, Tensor qkv, int length, int heads, float scale, Dropout d) {
      to.attention(out, sums, qkv, length, heads, scale, d);
      change(backend, sums, sum -> sum > 88 ? Float.POSITIVE_INFINITY : sum);
    }
  }

  private static final class BaseTwo extends TrainingBug {
    BaseTwo(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void attention(
        Tensor out, Tensor sums, Tensor qkv, int length, int heads, float scale, Dropout d) {
      to.attention(out, sums, qkv, length, heads, scale, d);
      change(backend, sums, sum -> (float) (sum / Math.log(2)));
    }

    @Override
    public void attentionBackward(
        Tensor dQkv,
        Tensor dOut,
        Tensor out,
        Tensor sums,
        Tensor qkv,
        int length,
        int heads,
        float scale,
        Dropout d) {
      change(backend, sums, sum -> (float) (sum * Math.log(2)));
      to.attentionBackward(dQkv, dOut, out, sums, qkv, length, heads, scale, d);
      change(backend, sums, sum -> (float) (sum / Math.log(2)));
    }
  }

  private static final class GradientAdded extends TrainingBug {
    GradientAdded(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void attentionBackward(
        Tensor dQkv,
        Tensor dOut,
        Tensor out,
        Tensor sums,
        Tensor qkv,
        int length,
        int heads,
        float scale,
        Dropout d) {
      added(
          backend,
          dQkv,
          sum -> to.attentionBackward(sum, dOut, out, sums, qkv, length, heads, scale, d));
    }
  }

  private static final class ValuesForgotten extends TrainingBug {
    ValuesForgotten(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void attentionBackward(
        Tensor dQkv,
        Tensor dOut,
        Tensor out,
        Tensor sums,
        Tensor qkv,
        int length,
        int heads,
        float scale,
        Dropout d) {
      to.attentionBackward(dQkv, dOut, out, sums, qkv, length, heads, scale, d);
      int width = out.shape().size(1);
      float[] gradient = floats(backend, dQkv);
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] *= i % (3 * width) < 2 * width ? 1 : 0;
      }
      setFloats(backend, dQkv, gradient);
    }
  }

  private static final class DroppedOnly extends TrainingBug {
    DroppedOnly(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void attention(
        Tensor out, Tensor sums, Tensor qkv, int length, int heads, float scale, Dropout d) {
      to.attention(out, sums, qkv, length, heads, scale, d);
      change(backend, out, value -> value * kept(d));
    }

    @Override
    public void dropout(Tensor out, Tensor x, Dropout d) {
      to.dropout(out, x, d);
      change(backend, out, value -> value * kept(d));
    }

    private static float kept(Dropout dropout) {
      return dropout instanceof Dropout.Random random ? 1 - random.probability() : 1;
    }
  }

  private static final class RowsCountFromZero extends TrainingBug {
    RowsCountFromZero(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void dropout(Tensor out, Tensor x, Dropout d) {
      for (int row = 0; row < x.shape().rows(); row++) {
        to.dropout(out.rows(row, 1), x.rows(row, 1), d);
      }
    }
  }

  private static final class PassOfTheFirstTime extends TrainingBug {
    private final Map<Tensor, Tensor> first = new HashMap<>();

    PassOfTheFirstTime(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void dropout(Tensor out, Tensor x, Dropout d) {
      Change frozen =
          random ->
              new Dropout.Random(
                  random.probability(),
                  random.seed(),
                  random.site(),
                  first.computeIfAbsent(random.pass(), this::copy));
      to.dropout(out, x, frozen.ofAny(d));
    }

    private Tensor copy(Tensor pass) {
      Tensor copy = backend.allocate(DataType.I32, Shape.of(1), Usage.IO);
      SabotagedTensors.setInts(backend, copy, ints(backend, pass));
      return copy;
    }
  }

  private static final class ResidualOverwritten extends TrainingBug {
    ResidualOverwritten(Backend backend, TrainingOperations to) {
      super(backend, to);
    }

    @Override
    public void addResidual(Tensor out, Tensor x, Dropout d) {
      fill(backend, out, 0);
      to.addResidual(out, x, d);
    }
  }
}
