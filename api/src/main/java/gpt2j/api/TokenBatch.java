package gpt2j.api;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import java.util.ArrayList;
import java.util.List;

/**
 * A flat list of rows, each a token at a position of a sequence slot; the one kind of batch there
 * is. A prompt, a chunk of one, the next token of several sequences, tokens to be verified: all are
 * rows. Row i writes its key and value at (slot i, position i) and attends to positions 0 …
 * position i of its slot, so the causal mask follows from the positions alone.
 *
 * <p>All three live in device memory, so that a recorded step can go on from its own results. A row
 * whose slot is {@link #IDLE} takes no part, so that a step recorded for some number of rows also
 * serves fewer.
 *
 * @param tokens I32 {@code [rows]}
 * @param positions I32 {@code [rows]}, counted from 0
 * @param slots I32 {@code [rows]}; no (slot, position) pair may occur twice, save for idle rows
 */
public record TokenBatch(Tensor tokens, Tensor positions, Tensor slots) implements AutoCloseable {
  /** The slot of a row that takes no part. Its token and position are those of any other, say 0. */
  public static final int IDLE = -1;

  public TokenBatch {
    Shape shape = tokens.shape();
    if (shape.rank() != 1 || !shape.equals(positions.shape()) || !shape.equals(slots.shape())) {
      throw new IllegalArgumentException(
          "tokens %s, positions %s and slots %s must be lists of one length"
              .formatted(shape, positions.shape(), slots.shape()));
    }
    if (tokens.type() != DataType.I32
        || positions.type() != DataType.I32
        || slots.type() != DataType.I32) {
      throw new IllegalArgumentException("tokens, positions and slots must be I32");
    }
  }

  /** Memory for a batch of {@code rows} rows, with undefined contents. */
  public static TokenBatch allocate(Backend backend, int rows) {
    Shape shape = Shape.of(rows);
    List<Tensor> lists = new ArrayList<>();
    try {
      while (lists.size() < 3) {
        lists.add(backend.allocate(DataType.I32, shape, Usage.IO));
      }
    } catch (RuntimeException e) {
      lists.forEach(Tensor::close);
      throw e;
    }
    return new TokenBatch(lists.get(0), lists.get(1), lists.get(2));
  }

  /** The number of rows. */
  public int rows() {
    return tokens.shape().rows();
  }

  /** A view of the first {@code count} rows. */
  public TokenBatch first(int count) {
    return new TokenBatch(tokens.rows(0, count), positions.rows(0, count), slots.rows(0, count));
  }

  @Override
  public void close() {
    tokens.close();
    positions.close();
    slots.close();
  }
}
