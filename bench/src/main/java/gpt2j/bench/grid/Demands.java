package gpt2j.bench.grid;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.result.RooflinePoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Bytes and operations of GPT-2's sections, counted. Each operand is moved once: weights as they
 * are stored, activations, keys and values in float32; what an operation writes is moved, and what
 * it adds to is read as well. A product of [n, k] and [k, m] is 2·n·k·m operations; element-wise
 * functions, which are cheap beside them, count as one operation for each element.
 */
final class Demands {
  /**
   * What a section asks of the device in one step, all layers together.
   *
   * @param bytes that must at least be moved
   * @param operations floating-point additions and multiplications
   */
  record Demand(long bytes, long operations) {
    Demand plus(Demand other) {
      return new Demand(bytes + other.bytes, operations + other.operations);
    }
  }

  private static final long FLOAT = Float.BYTES;
  private static final int LAYER_NORM_OPERATIONS = 8; // per element: mean, variance, scale, shift

  private Demands() {}

  /**
   * The demands of one step by section, and of the whole step under {@link RooflinePoint#STEP}.
   *
   * @param batch sequences
   * @param rows rows of each sequence
   * @param length tokens that each sequence's last row attends to; its rows are the last of them
   */
  static Map<String, Demand> of(
      Gpt2Config config, WeightFormat precision, int batch, int rows, int length) {
    long n = (long) batch * rows;
    long c = config.embeddingWidth();
    long inner = config.innerWidth();
    long v = config.vocabularySize();
    // Row i of a sequence, counted from 1, attends to length - rows + i positions.
    long pairs = batch * ((long) rows * (length - rows) + (long) rows * (rows + 1) / 2);
    long layers = config.layers();

    Map<String, Demand> demands = new LinkedHashMap<>();
    demands.put("embedding", new Demand(2 * precision.bytes(n, c) + n * c * FLOAT, n * c));
    demands.put("ln_1", times(layers, norm(n, c)));
    demands.put("qkv", times(layers, product(n, c, 3 * c, precision, false)));
    demands.put("kv_append", new Demand(layers * 2 * (2 * n * c) * FLOAT, 0));
    demands.put(
        "attention",
        new Demand(
            layers * (2 * (long) batch * length * c + 2 * n * c) * FLOAT, layers * 4 * c * pairs));
    demands.put("attn_proj", times(layers, product(n, c, c, precision, true)));
    demands.put("ln_2", times(layers, norm(n, c)));
    demands.put("mlp_fc", times(layers, product(n, c, inner, precision, false)));
    demands.put("mlp_proj", times(layers, product(n, inner, c, precision, true)));
    demands.put("ln_f", norm(batch, c));
    demands.put(
        "head", new Demand(precision.bytes(v, c) + batch * (c + v) * FLOAT, 2 * batch * c * v));
    demands.put("sample", new Demand(batch * v * FLOAT, batch * v));
    demands.put(
        RooflinePoint.STEP, demands.values().stream().reduce(new Demand(0, 0), Demand::plus));
    return demands;
  }

  private static Demand times(long count, Demand demand) {
    return new Demand(count * demand.bytes(), count * demand.operations());
  }

  private static Demand norm(long rows, long width) {
    return new Demand((2 * rows * width + 2 * width) * FLOAT, LAYER_NORM_OPERATIONS * rows * width);
  }

  /** x [n, k] by weights [k, m] with a bias, stored or added to what is there. */
  private static Demand product(long n, long k, long m, WeightFormat format, boolean adds) {
    long bytes = format.bytes(m, k) + (m + n * k + n * m * (adds ? 2 : 1)) * FLOAT;
    return new Demand(bytes, 2 * n * k * m + n * m * (adds ? 2 : 1));
  }
}
