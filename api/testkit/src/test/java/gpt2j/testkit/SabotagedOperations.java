package gpt2j.testkit;

import static gpt2j.testkit.SabotagedTensors.changed;
import static gpt2j.testkit.SabotagedTensors.floats;
import static gpt2j.testkit.SabotagedTensors.ints;
import static gpt2j.testkit.SabotagedTensors.setFloats;
import static gpt2j.testkit.SabotagedTensors.setInts;
import static gpt2j.testkit.SabotagedTensors.truncated;
import static gpt2j.testkit.SabotagedTensors.withPositions;
import static gpt2j.testkit.SabotagedTensors.withTokens;

import gpt2j.api.Backend;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.Epilogue;
import gpt2j.api.LinearWeights;
import gpt2j.api.Operations;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.spi.ForwardingBackend;
import gpt2j.spi.ForwardingOperations;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/** Bugs in operations other than attention and sampling. */
final class SabotagedOperations {
  private SabotagedOperations() {}

  static List<Sabotage> all() {
    return List.of(
        operations("token off by one", EmbedContract.class, b -> new Embed(b, t -> t + 1, p -> p)),
        operations("position ignored", EmbedContract.class, b -> new Embed(b, t -> t, p -> 0)),
        weights("bias forgotten", (b, w, bias, p) -> b.linearWeights(w, null, p)),
        weights("format ignored", (b, w, bias, p) -> b.linearWeights(w, bias, WeightFormat.F32)),
        weights("NaN is 0", (b, w, bias, p) -> b.linearWeights(withoutNaN(w), bias, p)),
        weights("truncated", (b, w, bias, p) -> b.linearWeights(truncated(w, p), bias, p)),
        epilogue("residual overwritten", LinearContract.class, Epilogue.ADD_TO_OUT, Epilogue.NONE),
        epilogue("GELU forgotten", LinearContract.class, Epilogue.GELU_ERF, Epilogue.NONE),
        epilogue("tanh for erf", GeluContract.class, Epilogue.GELU_ERF, Epilogue.GELU_TANH),
        epilogue("erf for tanh", GeluContract.class, Epilogue.GELU_TANH, Epilogue.GELU_ERF),
        operations("rows beyond 512 left out", LinearContract.class, RowsLeftOut::new),
        operations("a row of NaN spreads", LinearContract.class, NaNSpreads::new),
        operations("different every time", LinearContract.class, Shaky::new),
        operations("last token forgotten", LogitsContract.class, LastTokenForgotten::new),
        operations("rows in order", LogitsContract.class, RowsInOrder::new),
        operations("exp overflows", CrossEntropyContract.class, NoMaximum::new),
        operations("target off by one", CrossEntropyContract.class, WrongTarget::new),
        operations("NaN is left out of the loss", NoNumbersContract.class, FiniteLoss::new),
        operations("no token spreads to other rows", NoNumbersContract.class, NoTokenSpreads::new),
        operations("position stays", StepContract.class, b -> new Advance(b, true, false)),
        operations("token stays", StepContract.class, b -> new Advance(b, false, true)));
  }

  static Sabotage operations(
      String name, Class<? extends Part> part, Function<Backend, Operations> make) {
    return Sabotage.of(
        name,
        part,
        to ->
            new ForwardingBackend(to) {
              private final Operations operations = make.apply(to);

              @Override
              public Operations operations() {
                return operations;
              }
            });
  }

  /** Makes weights in a wrong way. */
  private interface WeightMaker {
    LinearWeights make(
        Backend to, HostTensor weight, @Nullable HostTensor bias, WeightFormat format);
  }

  /** The same weights with 0 for NaN. */
  private static HostTensor withoutNaN(HostTensor weight) {
    float[] values = new float[Math.toIntExact(weight.shape().elements())];
    weight.copyTo(0, values, 0, values.length);
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.isNaN(values[i]) ? 0 : values[i];
    }
    return HostTensor.of(weight.name(), weight.shape(), values);
  }

  private static Sabotage weights(String name, WeightMaker maker) {
    return Sabotage.of(
        "weights: " + name,
        LinearContract.class,
        to ->
            new ForwardingBackend(to) {
              @Override
              public LinearWeights linearWeights(
                  HostTensor weight, @Nullable HostTensor bias, WeightFormat format) {
                return maker.make(to, weight, bias, format);
              }
            });
  }

  private static Sabotage epilogue(
      String name, Class<? extends Part> part, Epilogue asked, Epilogue done) {
    return operations(
        name,
        part,
        b ->
            new ForwardingOperations(b.operations()) {
              @Override
              public void linear(Tensor out, Tensor x, LinearWeights weights, Epilogue epilogue) {
                to.linear(out, x, weights, epilogue == asked ? done : epilogue);
              }
            });
  }

  private static final class Embed extends ForwardingOperations {
    private final Backend backend;
    private final IntUnaryOperator token;
    private final IntUnaryOperator position;

    Embed(Backend backend, IntUnaryOperator token, IntUnaryOperator position) {
      super(backend.operations());
      this.backend = backend;
      this.token = token;
      this.position = position;
    }

    @Override
    public void embed(
        Tensor out, TokenBatch batch, EmbeddingTable tokens, EmbeddingTable positions) {
      TokenBatch wrong = withPositions(backend, withTokens(backend, batch, token), position);
      to.embed(out, wrong, tokens, positions);
    }
  }

  private static final class RowsLeftOut extends ForwardingOperations {
    RowsLeftOut(Backend backend) {
      super(backend.operations());
    }

    @Override
    public void linear(Tensor out, Tensor x, LinearWeights weights, Epilogue epilogue) {
      int rows = Math.min(512, x.shape().rows());
      to.linear(out.rows(0, rows), x.rows(0, rows), weights, epilogue);
    }
  }

  private static final class NaNSpreads extends ForwardingOperations {
    private final Backend backend;

    NaNSpreads(Backend backend) {
      super(backend.operations());
      this.backend = backend;
    }

    @Override
    public void linear(Tensor out, Tensor x, LinearWeights weights, Epilogue epilogue) {
      to.linear(out, x, weights, epilogue);
      float sum = 0;
      for (float value : floats(backend, x)) {
        sum += 0 * value;
      }
      float[] values = floats(backend, out);
      for (int i = 0; i < values.length; i++) {
        values[i] += sum;
      }
      setFloats(backend, out, values);
    }
  }

  private static final class Shaky extends ForwardingOperations {
    private final Backend backend;
    private final Random random = new Random(1);

    Shaky(Backend backend) {
      super(backend.operations());
      this.backend = backend;
    }

    @Override
    public void linear(Tensor out, Tensor x, LinearWeights weights, Epilogue epilogue) {
      to.linear(out, x, weights, epilogue);
      float[] values = floats(backend, out);
      for (int i = 0; i < values.length; i++) {
        values[i] *= 1 + 1e-6f * (random.nextFloat() - 0.5f);
      }
      setFloats(backend, out, values);
    }
  }

  private static final class LastTokenForgotten extends ForwardingOperations {
    private final Backend backend;

    LastTokenForgotten(Backend backend) {
      super(backend.operations());
      this.backend = backend;
    }

    @Override
    public void logits(Tensor out, Tensor x, EmbeddingTable head) {
      float[] before = floats(backend, out);
      to.logits(out, x, head);
      float[] values = floats(backend, out);
      for (int last = head.rows() - 1; last < values.length; last += head.rows()) {
        values[last] = before[last];
      }
      setFloats(backend, out, values);
    }
  }

  private static final class RowsInOrder extends ForwardingOperations {
    private final Backend backend;

    RowsInOrder(Backend backend) {
      super(backend.operations());
      this.backend = backend;
    }

    @Override
    public void selectRows(Tensor out, Tensor x, Tensor rows) {
      int[] next = {0};
      to.selectRows(out, x, changed(backend, rows, row -> next[0]++));
    }
  }

  private static final class NoMaximum extends ForwardingOperations {
    private final Backend backend;

    NoMaximum(Backend backend) {
      super(backend.operations());
      this.backend = backend;
    }

    @Override
    public void crossEntropy(Tensor losses, Tensor logits, Tensor targets) {
      to.crossEntropy(losses, logits, targets);
      int[] target = ints(backend, targets);
      float[] result = floats(backend, losses);
      for (int row = 0; row < target.length; row++) {
        float[] values = floats(backend, logits.rows(row, 1));
        float sum = 0;
        for (float value : values) {
          sum += (float) Math.exp(value);
        }
        if (target[row] >= 0 && target[row] < values.length) {
          result[row] = (float) Math.log(sum) - values[target[row]];
        }
      }
      setFloats(backend, losses, result);
    }
  }

  private static final class WrongTarget extends ForwardingOperations {
    private final Backend backend;

    WrongTarget(Backend backend) {
      super(backend.operations());
      this.backend = backend;
    }

    @Override
    public void crossEntropy(Tensor losses, Tensor logits, Tensor targets) {
      int vocabulary = logits.shape().size(1);
      to.crossEntropy(losses, logits, changed(backend, targets, t -> (t + 1) % vocabulary));
    }
  }

  private static final class FiniteLoss extends ForwardingOperations {
    private final Backend backend;

    FiniteLoss(Backend backend) {
      super(backend.operations());
      this.backend = backend;
    }

    @Override
    public void crossEntropy(Tensor losses, Tensor logits, Tensor targets) {
      to.crossEntropy(losses, logits, targets);
      float[] result = floats(backend, losses);
      for (int row = 0; row < result.length; row++) {
        result[row] = Float.isNaN(result[row]) ? 0 : result[row];
      }
      setFloats(backend, losses, result);
    }
  }

  private static final class NoTokenSpreads extends ForwardingOperations {
    private final Backend backend;

    NoTokenSpreads(Backend backend) {
      super(backend.operations());
      this.backend = backend;
    }

    @Override
    public void embed(
        Tensor out, TokenBatch batch, EmbeddingTable tokens, EmbeddingTable positions) {
      to.embed(out, batch, tokens, positions);
      boolean none = Arrays.stream(ints(backend, batch.tokens())).anyMatch(token -> token < 0);
      if (none) {
        float[] values = floats(backend, out);
        Arrays.fill(values, Float.NaN);
        setFloats(backend, out, values);
      }
    }
  }

  private static final class Advance extends ForwardingOperations {
    private final Backend backend;
    private final boolean positionStays;
    private final boolean tokenStays;

    Advance(Backend backend, boolean positionStays, boolean tokenStays) {
      super(backend.operations());
      this.backend = backend;
      this.positionStays = positionStays;
      this.tokenStays = tokenStays;
    }

    @Override
    public void advance(TokenBatch batch, Tensor sampled) {
      int[] positions = ints(backend, batch.positions());
      int[] tokens = ints(backend, batch.tokens());
      to.advance(batch, sampled);
      if (positionStays) {
        setInts(backend, batch.positions(), positions);
      }
      if (tokenStays) {
        setInts(backend, batch.tokens(), tokens);
      }
    }
  }
}
