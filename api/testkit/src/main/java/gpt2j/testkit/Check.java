package gpt2j.testkit;

import gpt2j.api.Words;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;

/** Checks of arguments; whatever doesn't fit is an {@link IllegalArgumentException}. */
final class Check {
  private Check() {}

  static void equal(String what, long actual, long expected) {
    if (actual != expected) {
      throw new IllegalArgumentException("%s must be %d, not %d".formatted(what, expected, actual));
    }
  }

  static void shape(String what, Tensor tensor, DataType type, int... sizes) {
    Shape expected = Shape.of(sizes);
    if (tensor.type() != type || !tensor.shape().equals(expected)) {
      throw new IllegalArgumentException(
          "%s must be %s %s, not %s %s"
              .formatted(what, type, expected, tensor.type(), tensor.shape()));
    }
  }

  /** A matrix of float32 with any number of rows. */
  static void rows(String what, Tensor tensor, int width) {
    if (tensor.type() != DataType.F32
        || tensor.shape().rank() != 2
        || tensor.shape().size(1) != width) {
      throw new IllegalArgumentException(
          "%s must be F32 rows of %d, not %s %s"
              .formatted(what, width, tensor.type(), tensor.shape()));
    }
  }

  static void apart(ReferenceTensor out, ReferenceTensor... others) {
    for (ReferenceTensor other : others) {
      if (out.overlaps(other)) {
        throw new IllegalArgumentException("the output overlaps another operand");
      }
    }
  }

  /** In place or somewhere else, but not shifted. */
  static void sameOrApart(ReferenceTensor out, ReferenceTensor in) {
    if (!out.coincides(in)) {
      apart(out, in);
    }
  }

  static void floats(HostTensor tensor, int rank) {
    if (tensor.type() == DataType.I32 || tensor.shape().rank() != rank) {
      throw new IllegalArgumentException(
          "%s must have %s of floating-point values, not %s %s"
              .formatted(
                  tensor.name(), Words.count(rank, "dimension"), tensor.type(), tensor.shape()));
    }
  }
}
