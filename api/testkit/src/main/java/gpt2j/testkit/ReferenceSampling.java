package gpt2j.testkit;

import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.tensor.Usage;
import java.util.BitSet;

/** The random stream, the next draw's number and the tokens seen, for each row. */
final class ReferenceSampling extends ReferenceHandle implements SamplingState {
  private final int vocabulary;
  private final SamplingParameters parameters;
  private final long[] streams;
  private final int[] draws;
  private final BitSet[] seen;

  ReferenceSampling(ReferenceMemory home, int rows, int vocabulary, SamplingParameters parameters) {
    super(home, "a sampling state", Usage.ACTIVATION, bytes(rows, vocabulary));
    this.vocabulary = vocabulary;
    this.parameters = parameters;
    streams = new long[rows];
    draws = new int[rows];
    seen = new BitSet[rows];
    for (int row = 0; row < rows; row++) {
      reset(row, row, 0);
    }
  }

  private static long bytes(int rows, int vocabulary) {
    if (rows < 1 || vocabulary < 1) {
      throw new IllegalArgumentException(
          "sampling needs rows and tokens, not %d and %d".formatted(rows, vocabulary));
    }
    long bitmap = (vocabulary + 7L) / 8;
    return rows * (Long.BYTES + Integer.BYTES + bitmap);
  }

  @Override
  public int rows() {
    return streams.length;
  }

  @Override
  public int vocabulary() {
    return vocabulary;
  }

  @Override
  public SamplingParameters parameters() {
    return parameters;
  }

  @Override
  public void reset(int row, long stream, int draw, int... tokensSeen) {
    if (row < 0 || row >= rows()) {
      throw new IllegalArgumentException("row %d is not one of %d".formatted(row, rows()));
    }
    BitSet fresh = new BitSet(vocabulary);
    for (int token : tokensSeen) {
      if (token < 0 || token >= vocabulary) {
        throw new IllegalArgumentException(
            "token %d is not one of %d".formatted(token, vocabulary));
      }
      fresh.set(token);
    }
    streams[row] = stream;
    draws[row] = draw;
    seen[row] = fresh;
  }

  /** Draws a token for a row and moves the row on. */
  int draw(int row, float[] logits) {
    int token = Sampler.draw(parameters, logits, seen[row], draws[row], streams[row]);
    draws[row]++;
    if (token != NO_TOKEN) {
      seen[row].set(token);
    }
    return token;
  }
}
