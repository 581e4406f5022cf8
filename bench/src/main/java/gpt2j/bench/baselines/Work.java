package gpt2j.bench.baselines;

import gpt2j.bench.measure.CaseRunner;
import gpt2j.bench.result.BaselinesSettings;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.ProgramMeasurement;
import java.util.ArrayList;
import java.util.List;

/**
 * What a program is given to do.
 *
 * @param phase what of it is timed
 * @param batch sequences side by side
 * @param promptTokens tokens of each prompt
 * @param newTokens tokens drawn for each sequence, the first included
 * @param repetitions how often, if it is prefill
 */
record Work(Phase phase, int batch, int promptTokens, int newTokens, int repetitions) {
  private static final int PREFILLS = 3;
  private static final int WARM_TOKENS = 8;

  /** All that a round has of one precision. */
  static List<Work> of(BaselinesSettings settings) {
    List<Work> works = new ArrayList<>();
    works.add(new Work(Phase.PREFILL, 1, settings.prefillTokens(), 1, PREFILLS));
    for (int batch : settings.batches()) {
      works.add(new Work(Phase.DECODE, batch, settings.promptTokens(), settings.newTokens(), 1));
    }
    return works;
  }

  /** As much of it as makes a program warm. */
  Work warmUp() {
    return new Work(phase, batch, promptTokens, Math.min(newTokens, WARM_TOKENS), 1);
  }

  /** What is counted in {@link ProgramMeasurement#tokens}. */
  int tokens() {
    return phase == Phase.PREFILL ? promptTokens : newTokens;
  }

  /** How many times are measured. */
  int times() {
    return phase == Phase.PREFILL ? repetitions : newTokens - 1;
  }

  int[][] prompts(int vocabularySize, long seed) {
    return CaseRunner.randomPrompts(batch, promptTokens, vocabularySize, seed);
  }

  /** About how long it takes, in no unit. */
  long cost() {
    double rows = (double) batch * promptTokens * repetitions;
    return Math.round(rows / 10 + newTokens * (1 + batch / 10.0));
  }

  boolean isOf(ProgramMeasurement m) {
    return m.phase() == phase && m.batch() == batch && m.tokens() == tokens();
  }

  /** In the manner of llama-bench: {@code pp512}, {@code tg128 b16}. */
  @Override
  public String toString() {
    String size = batch == 1 ? "" : " b" + batch;
    return (phase == Phase.PREFILL ? "pp" : "tg") + tokens() + size;
  }
}
