package gpt2j.backend.cpu.sampling;

import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.backend.cpu.simd.Memory;
import java.util.Arrays;
import java.util.BitSet;

/** Sampling state on the heap, and the draw of one row. */
public final class CpuSamplingState implements SamplingState {
  private final SamplingParameters parameters;
  private final int vocabulary;
  private final Row[] rows;

  public CpuSamplingState(int rows, int vocabulary, SamplingParameters parameters) {
    this.parameters = parameters;
    this.vocabulary = vocabulary;
    this.rows = new Row[rows];
    Arrays.setAll(this.rows, Row::new);
  }

  /** The state as this backend's own. */
  public static CpuSamplingState of(SamplingState state) {
    if (state instanceof CpuSamplingState own) {
      return own;
    }
    throw new IllegalArgumentException(
        "a sampling state of another backend: " + state.getClass().getSimpleName());
  }

  @Override
  public int rows() {
    return rows.length;
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
  public void reset(int row, long stream, int draw, int... seen) {
    requireIndex("row", row, rows.length);
    for (int token : seen) {
      requireIndex("token", token, vocabulary);
    }
    rows[row].reset(stream, draw, seen);
  }

  private static void requireIndex(String name, int index, int bound) {
    if (index < 0 || index >= bound) {
      throw new IllegalArgumentException("sampling: %s %d of %d".formatted(name, index, bound));
    }
  }

  /**
   * Draws a row's next token.
   *
   * @param logits where the row's logits lie
   */
  public int draw(int row, long logits) {
    return rows[row].draw(logits);
  }

  @Override
  public void close() {} // nothing of it is native

  private final class Row {
    private final BitSet seen = new BitSet();
    private long stream;
    private int draw;

    Row(int number) {
      stream = number;
    }

    void reset(long stream, int draw, int... tokens) {
      this.stream = stream;
      this.draw = draw;
      seen.clear();
      if (parameters.repetitionPenalty() != 1) {
        for (int token : tokens) {
          seen.set(token);
        }
      }
    }

    int draw(long logits) {
      int token;
      if (parameters.repetitionPenalty() == 1) {
        token = choose(logits);
      } else {
        float[] before = penalise(logits);
        token = choose(logits);
        restore(logits, before);
        if (token != NO_TOKEN) {
          seen.set(token);
        }
      }
      draw++;
      return token;
    }

    /** Changes the logits of the tokens seen, and returns what they were, in the tokens' order. */
    private float[] penalise(long logits) {
      float penalty = parameters.repetitionPenalty();
      float[] before = new float[seen.cardinality()];
      int count = 0;
      for (int token = seen.nextSetBit(0); token >= 0; token = seen.nextSetBit(token + 1)) {
        long at = logits + (long) token * Float.BYTES;
        float logit = Memory.get(at);
        before[count++] = logit;
        Memory.set(at, penalised(logit, penalty));
      }
      return before;
    }

    /** What was a number stays one. */
    private static float penalised(float logit, float penalty) {
      float result = logit > 0 ? logit / penalty : logit * penalty;
      return Float.isFinite(logit) ? Math.clamp(result, -Float.MAX_VALUE, Float.MAX_VALUE) : result;
    }

    private void restore(long logits, float[] before) {
      int count = 0;
      for (int token = seen.nextSetBit(0); token >= 0; token = seen.nextSetBit(token + 1)) {
        Memory.set(logits + (long) token * Float.BYTES, before[count++]);
      }
    }

    private int choose(long logits) {
      if (parameters.temperature() == 0) {
        return Candidates.largest(logits, vocabulary);
      }
      GumbelDraw gumbel = new GumbelDraw(parameters, stream, draw);
      boolean everyToken =
          (parameters.topK() == 0 || parameters.topK() >= vocabulary)
              && parameters.topP() == 1
              && parameters.minP() == 0;
      return everyToken
          ? gumbel.ofAll(logits, vocabulary)
          : gumbel.of(Candidates.of(logits, vocabulary, parameters), logits);
    }
  }
}
