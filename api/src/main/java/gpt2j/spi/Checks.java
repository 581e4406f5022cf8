package gpt2j.spi;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Checks of an operation's arguments, with the same words for all. They run for every operation, so
 * sizes are compared before a {@link Shape} is made.
 */
final class Checks {
  private Checks() {}

  /** The output is none of the other operands. */
  static void distinct(String operation, Tensor out, @Nullable Tensor... others) {
    for (Tensor other : others) {
      if (out == other) {
        throw new IllegalArgumentException(operation + ": the output may not be another operand");
      }
    }
  }

  static void index(String name, int index, int bound) {
    if (index < 0 || index >= bound) {
      throw new IllegalArgumentException("%s %d of %d".formatted(name, index, bound));
    }
  }

  static void matrix(String name, Tensor tensor) {
    if (tensor.type() != DataType.F32 || tensor.shape().rank() != 2) {
      throw new IllegalArgumentException(
          "%s must be an F32 matrix, not %s %s".formatted(name, tensor.type(), tensor.shape()));
    }
  }

  static void matrix(String name, Tensor tensor, int rows, int columns) {
    Shape shape = tensor.shape();
    if (tensor.type() != DataType.F32
        || shape.rank() != 2
        || shape.rows() != rows
        || shape.size(1) != columns) {
      throw mismatch(name, tensor, DataType.F32, Shape.of(rows, columns));
    }
  }

  static void vector(String name, Tensor tensor, DataType type, int size) {
    Shape shape = tensor.shape();
    if (tensor.type() != type || shape.rank() != 1 || shape.rows() != size) {
      throw mismatch(name, tensor, type, Shape.of(size));
    }
  }

  static void tensor(String name, Tensor tensor, DataType type, Shape shape) {
    if (tensor.type() != type || !tensor.shape().equals(shape)) {
      throw mismatch(name, tensor, type, shape);
    }
  }

  static void floats(String name, Tensor tensor) {
    if (tensor.type() != DataType.F32) {
      throw new IllegalArgumentException(
          "%s must be F32, not %s %s".formatted(name, tensor.type(), tensor.shape()));
    }
  }

  private static IllegalArgumentException mismatch(
      String name, Tensor tensor, DataType type, Shape shape) {
    return new IllegalArgumentException(
        "%s must be %s %s, not %s %s".formatted(name, type, shape, tensor.type(), tensor.shape()));
  }
}
