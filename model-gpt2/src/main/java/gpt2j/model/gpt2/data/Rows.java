package gpt2j.model.gpt2.data;

import java.util.Arrays;

/** Reads rows of a batch: inputs, and as targets the tokens after them. */
final class Rows {
  private final TokenSequence tokens;
  private final int rows;
  private final int length;

  Rows(TokenSequence tokens, int rows, int length) {
    if (rows < 1 || length < 1) {
      throw new IllegalArgumentException(
          "a batch has 1 row or more of 1 token or more, not %d of %d".formatted(rows, length));
    }
    Math.multiplyExact(rows, length);
    this.tokens = tokens;
    this.rows = rows;
    this.length = length;
  }

  int count() {
    return rows;
  }

  int length() {
    return length;
  }

  void check(long number, int[] inputs, int[] targets) {
    if (number < 0) {
      throw new IllegalArgumentException("batches are counted from 0, not " + number);
    }
    if (inputs.length != rows * length || targets.length != rows * length) {
      throw new IllegalArgumentException(
          "a batch of %d rows of %d tokens doesn't go into %d inputs and %d targets"
              .formatted(rows, length, inputs.length, targets.length));
    }
  }

  /** Reads row {@code row}, which begins at token {@code start}; what there isn't is ignored. */
  void read(int row, long start, int[] inputs, int[] targets) {
    int from = row * length;
    int present = Math.clamp(tokens.size() - 1 - start, 0, length);
    if (present > 0) {
      tokens.read(start, inputs, from, present);
      tokens.read(start + 1, targets, from, present);
    }
    Arrays.fill(inputs, from + present, from + length, 0);
    Arrays.fill(targets, from + present, from + length, Batches.IGNORED);
  }
}
