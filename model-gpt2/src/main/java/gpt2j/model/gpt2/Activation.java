package gpt2j.model.gpt2;

import gpt2j.api.tensor.Shape;
import java.util.Arrays;

/**
 * Values that a forward pass has computed under one name, for some rows of a batch: for some
 * tokens, that is.
 *
 * @param name as {@link Probes} has it, with the layer's number
 * @param firstRow the first of the rows, counted over all tokens of the evaluation in their order
 * @param shape {@code [rows, …]}
 * @param values row by row
 */
public record Activation(String name, int firstRow, Shape shape, float[] values) {
  /** A copy of the values of one row, counted from the first that is here. */
  public float[] row(int row) {
    int width = Math.toIntExact(shape.rowElements());
    return Arrays.copyOfRange(values, row * width, (row + 1) * width);
  }
}
