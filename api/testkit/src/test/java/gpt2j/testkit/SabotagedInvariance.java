package gpt2j.testkit;

import static gpt2j.testkit.SabotagedOperations.operations;
import static gpt2j.testkit.SabotagedTensors.floats;
import static gpt2j.testkit.SabotagedTensors.ints;
import static gpt2j.testkit.SabotagedTensors.setFloats;

import gpt2j.api.AttentionProbe;
import gpt2j.api.Backend;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.LinearWeights;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.spi.ForwardingOperations;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Results that depend on what else is computed. Each is right, but for the order in which it is
 * added up, which the other parts of the contract allow.
 */
final class SabotagedInvariance {
  private static final Class<BatchInvarianceContract> PART = BatchInvarianceContract.class;

  private SabotagedInvariance() {}

  static List<Sabotage> all() {
    return List.of(
        operations("many rows of the head are added up in halves", PART, Head::new),
        operations("rows of a product that fill no tile are added up in halves", PART, Tiles::new),
        operations("a row of attention that is alone is split by positions", PART, Attention::new),
        operations("the first rows of a chunk see positions in another order", PART, Chunk::new),
        operations("norms of many rows are rounded twice", PART, Norms::new));
  }

  /** A copy without some columns, which are 0. */
  private static Tensor without(Backend backend, Tensor x, int from, int to) {
    float[] values = floats(backend, x);
    int width = x.shape().size(1);
    for (int row = 0; row < x.shape().rows(); row++) {
      Arrays.fill(values, row * width + from, row * width + to, 0);
    }
    Tensor copy = backend.allocate(DataType.F32, x.shape(), Usage.ACTIVATION);
    setFloats(backend, copy, values);
    return copy;
  }

  private static Tensor like(Backend backend, Tensor tensor) {
    return backend.allocate(DataType.F32, tensor.shape(), Usage.ACTIVATION);
  }

  private static final class Head extends ForwardingOperations {
    private final Backend backend;

    Head(Backend backend) {
      super(backend.operations());
      this.backend = backend;
    }

    @Override
    public void logits(Tensor out, Tensor x, EmbeddingTable head) {
      to.logits(out, x, head);
      if (x.shape().rows() >= 24) {
        int width = x.shape().size(1);
        Tensor half = like(backend, out);
        to.logits(out, without(backend, x, width / 2, width), head);
        to.logits(half, without(backend, x, 0, width / 2), head);
        float[] first = floats(backend, out);
        float[] second = floats(backend, half);
        for (int i = 0; i < first.length; i++) {
          first[i] += second[i];
        }
        setFloats(backend, out, first);
      }
    }
  }

  private static final class Tiles extends ForwardingOperations {
    private final Backend backend;

    Tiles(Backend backend) {
      super(backend.operations());
      this.backend = backend;
    }

    @Override
    public void linear(Tensor out, Tensor x, LinearWeights weights, Epilogue epilogue) {
      int rows = x.shape().rows();
      int rest = rows % 4;
      if (epilogue != Epilogue.NONE || rest == 0) {
        to.linear(out, x, weights, epilogue);
        return;
      }
      if (rows > rest) {
        to.linear(out.rows(0, rows - rest), x.rows(0, rows - rest), weights, epilogue);
      }
      int width = x.shape().size(1);
      Tensor last = x.rows(rows - rest, rest);
      Tensor target = out.rows(rows - rest, rest);
      Tensor second = like(backend, target);
      Tensor bias = like(backend, target);
      to.linear(target, without(backend, last, width / 2, width), weights, epilogue);
      to.linear(second, without(backend, last, 0, width / 2), weights, epilogue);
      to.linear(bias, without(backend, last, 0, width), weights, epilogue);
      float[] sums = floats(backend, target);
      float[] others = floats(backend, second);
      float[] biases = floats(backend, bias);
      for (int i = 0; i < sums.length; i++) {
        sums[i] = sums[i] + (others[i] - biases[i]);
      }
      setFloats(backend, target, sums);
    }
  }

  /** Changes some rows of attention by the error of one addition in another order. */
  private static void nudge(Backend backend, Tensor out, int first, int count) {
    for (int row = first; row < first + count; row++) {
      float[] values = floats(backend, out.rows(row, 1));
      values[values.length - 1] = Math.nextUp(values[values.length - 1]);
      setFloats(backend, out.rows(row, 1), values);
    }
  }

  private static final class Attention extends ForwardingOperations {
    private final Backend backend;

    Attention(Backend backend) {
      super(backend.operations());
      this.backend = backend;
    }

    @Override
    public void attention(
        Tensor out,
        Tensor qkv,
        KvCache cache,
        int layer,
        TokenBatch batch,
        float scale,
        AttentionProbe probe) {
      to.attention(out, qkv, cache, layer, batch, scale, probe);
      boolean far = Arrays.stream(ints(backend, batch.positions())).max().orElseThrow() >= 64;
      if (batch.rows() == 1 && far) {
        nudge(backend, out, 0, 1);
      }
    }
  }

  private static final class Chunk extends ForwardingOperations {
    private final Backend backend;

    Chunk(Backend backend) {
      super(backend.operations());
      this.backend = backend;
    }

    @Override
    public void attention(
        Tensor out,
        Tensor qkv,
        KvCache cache,
        int layer,
        TokenBatch batch,
        float scale,
        AttentionProbe probe) {
      to.attention(out, qkv, cache, layer, batch, scale, probe);
      int[] slots = ints(backend, batch.slots());
      // A prompt that begins in the midst of a tile of four.
      int same = (int) IntStream.range(1, slots.length).filter(i -> slots[i] == slots[0]).count();
      int start = ints(backend, batch.positions())[0] % 4;
      if (same >= 4 && start != 0) {
        nudge(backend, out, 0, 4 - start);
      }
    }
  }

  private static final class Norms extends ForwardingOperations {
    private final Backend backend;

    Norms(Backend backend) {
      super(backend.operations());
      this.backend = backend;
    }

    @Override
    public void layerNorm(Tensor out, Tensor x, Tensor gain, Tensor bias, float epsilon) {
      to.layerNorm(out, x, gain, bias, epsilon);
      if (x.shape().rows() > 8) {
        float[] exact = floats(backend, out);
        float[] shift = floats(backend, bias);
        for (int i = 0; i < exact.length; i++) {
          float scaled = exact[i] - shift[i % shift.length];
          exact[i] = scaled + shift[i % shift.length];
        }
        setFloats(backend, out, exact);
      }
    }
  }
}
