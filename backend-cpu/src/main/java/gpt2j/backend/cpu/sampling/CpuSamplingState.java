package gpt2j.backend.cpu.sampling;

import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.backend.cpu.simd.Memory;
import gpt2j.spi.HostSamplingState;
import java.util.BitSet;

/** Sampling state on the heap, and the draw of one row. */
public final class CpuSamplingState extends HostSamplingState {
  public CpuSamplingState(int rows, int vocabulary) {
    super(rows, vocabulary);
  }

  /** The state as this backend's own. */
  public static CpuSamplingState of(SamplingState state) {
    if (state instanceof CpuSamplingState own) {
      return own;
    }
    throw new IllegalArgumentException(
        "a sampling state of another backend: " + state.getClass().getSimpleName());
  }

  /**
   * Draws a row's next token.
   *
   * @param logits where the row's logits lie; they stay as they are
   * @param scratch working memory for as many
   */
  public int draw(int row, long logits, long scratch) {
    Row state = row(row);
    int token = NO_TOKEN;
    if (!isAdjusted(state)) {
      token = choose(logits, state);
    } else {
      Memory.copy(logits, scratch, (long) vocabulary() * Float.BYTES);
      if (adjust(scratch, state)) {
        token = choose(scratch, state);
      }
    }
    state.drew(token);
    return token;
  }

  private static boolean isAdjusted(Row row) {
    return row.allowed() != null
        || !row.parameters().logitBias().isEmpty()
        || hasPenalties(row.parameters());
  }

  private static boolean hasPenalties(SamplingParameters parameters) {
    return parameters.repetitionPenalty() != 1
        || parameters.presencePenalty() != 0
        || parameters.frequencyPenalty() != 0;
  }

  /** Steps 1 to 4 of {@link SamplingParameters}; false where there are no numbers to draw from. */
  private boolean adjust(long logits, Row row) {
    BitSet allowed = row.allowed();
    if (allowed != null && !forbid(logits, allowed)) {
      return false;
    }
    SamplingParameters parameters = row.parameters();
    parameters.logitBias().forEach((token, bias) -> add(logits, token, bias));
    if (hasPenalties(parameters)) {
      penalise(logits, row);
    }
    return true;
  }

  private static void penalise(long logits, Row row) {
    float penalty = row.parameters().repetitionPenalty();
    float presence = row.parameters().presencePenalty();
    float frequency = row.parameters().frequencyPenalty();
    BitSet seen = row.seen();
    for (int token = seen.nextSetBit(0); token >= 0; token = seen.nextSetBit(token + 1)) {
      long at = at(logits, token);
      float logit = Memory.get(at);
      set(at, logit, logit > 0 ? logit / penalty : logit * penalty);
      int count = row.count(token);
      if (count > 0) {
        add(logits, token, -presence - frequency * count);
      }
    }
  }

  private boolean forbid(long logits, BitSet allowed) {
    for (int token = 0; token < vocabulary(); token++) {
      long at = at(logits, token);
      if (!(Memory.get(at) < Float.POSITIVE_INFINITY)) {
        return false;
      }
      if (!allowed.get(token)) {
        Memory.set(at, Float.NEGATIVE_INFINITY);
      }
    }
    return true;
  }

  private static void add(long logits, int token, float bias) {
    long at = at(logits, token);
    float logit = Memory.get(at);
    set(at, logit, logit + bias);
  }

  /** What was a number stays one. */
  private static void set(long at, float logit, float changed) {
    if (Float.isFinite(logit)) {
      Memory.set(at, Math.clamp(changed, -Float.MAX_VALUE, Float.MAX_VALUE));
    }
  }

  private static long at(long logits, int token) {
    return logits + (long) token * Float.BYTES;
  }

  private int choose(long logits, Row row) {
    SamplingParameters parameters = row.parameters();
    if (parameters.temperature() == 0) {
      return Candidates.largest(logits, vocabulary());
    }
    GumbelDraw gumbel = new GumbelDraw(parameters, row.stream(), row.draw());
    return parameters.filters(vocabulary())
        ? gumbel.of(Candidates.of(logits, vocabulary(), parameters), logits)
        : gumbel.ofAll(logits, vocabulary());
  }
}
