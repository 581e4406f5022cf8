package gpt2j.bench.jmh;

import gpt2j.api.Epilogue;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.WeightFormat;
import java.util.function.UnaryOperator;

/**
 * The bytes that an operation must at least move: everything it reads, once, and everything it
 * writes, once.
 */
final class Traffic {
  private static final int FLOAT = DataType.F32.bytes();
  private static final int INT = DataType.I32.bytes();
  private static final long WIDTH = Gpt2Sizes.WIDTH;
  private static final long VOCABULARY = Gpt2Sizes.VOCABULARY;

  private Traffic() {}

  /**
   * Bytes of one call.
   *
   * @param operation the benchmark's method
   * @param parameter its parameters by name
   */
  static long bytes(String operation, UnaryOperator<String> parameter) {
    return switch (operation) {
      case "linear" ->
          linear(Matrix.valueOf(parameter.apply("matrix")), rows(parameter), format(parameter));
      case "embed" ->
          2 * format(parameter).bytes(rows(parameter), WIDTH)
              + rows(parameter) * (WIDTH * FLOAT + 2 * INT);
      case "logits" ->
          format(parameter).bytes(VOCABULARY, WIDTH)
              + rows(parameter) * (WIDTH + VOCABULARY) * FLOAT;
      case "layerNorm" -> (2 * rows(parameter) + 2) * WIDTH * FLOAT;
      case "gelu" -> 2 * rows(parameter) * Gpt2Sizes.INNER * FLOAT;
      case "selectRows" -> rows(parameter) * (2 * WIDTH * FLOAT + INT);
      case "attentionDecode" ->
          number(parameter, "sequences")
              * (2 * WIDTH * FLOAT + number(parameter, "length") * 2 * cached(parameter));
      case "attentionPrefill" ->
          number(parameter, "length") * 2 * (WIDTH * FLOAT + cached(parameter));
      case "appendKv" -> rows(parameter) * 2 * (WIDTH * FLOAT + cached(parameter));
      case "copyKv" -> 2L * Gpt2Sizes.LAYERS * 2 * number(parameter, "length") * cached(parameter);
      case "sample" -> rows(parameter) * (VOCABULARY * FLOAT + INT);
      case "crossEntropy" -> rows(parameter) * (VOCABULARY * FLOAT + INT + FLOAT);
      case "advance" -> rows(parameter) * 4 * INT;
      default -> throw new IllegalArgumentException("there is no operation " + operation);
    };
  }

  /**
   * Whether an operation's data come from memory. Activations and logits lie in caches, as in a
   * model, so the memory's bandwidth is no measure for what works on these alone.
   */
  static boolean isFromMemory(String operation) {
    return switch (operation) {
      case "layerNorm", "gelu", "selectRows", "sample", "crossEntropy", "advance" -> false;
      default -> true;
    };
  }

  private static long linear(Matrix matrix, long rows, WeightFormat format) {
    long in = matrix.inputs();
    long out = matrix.outputs();
    long timesOut = matrix.epilogue() == Epilogue.ADD_TO_OUT ? 2 : 1;
    return format.bytes(out, in) + out * FLOAT + rows * (in + timesOut * out) * FLOAT;
  }

  private static long rows(UnaryOperator<String> parameter) {
    return number(parameter, "rows");
  }

  private static WeightFormat format(UnaryOperator<String> parameter) {
    return WeightFormat.valueOf(parameter.apply("precision"));
  }

  /** Bytes of the keys, or the values, of one position in one layer. */
  private static long cached(UnaryOperator<String> parameter) {
    WeightFormat type = WeightFormat.valueOf(parameter.apply("cacheType"));
    return type.bytes(Gpt2Sizes.HEADS, Gpt2Sizes.HEAD_SIZE);
  }

  private static long number(UnaryOperator<String> parameter, String name) {
    return Long.parseLong(parameter.apply(name));
  }
}
