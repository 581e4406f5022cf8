package gpt2j.bench.grid;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.measure.Subject;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.GridSettings;
import gpt2j.model.gpt2.config.Gpt2Size;
import java.util.ArrayList;
import java.util.List;

/**
 * Cases that differ in the cache only. They share a session and are measured in turn, so that a
 * machine that is disturbed for a while disturbs both.
 *
 * @param key what computes
 * @param batch sequences side by side
 * @param promptTokens tokens of each prompt
 * @param newTokens tokens drawn for each sequence
 * @param useCache cache on, off, or both
 */
record CaseSet(
    Subject.Key key, int batch, int promptTokens, int newTokens, List<Boolean> useCache) {
  private static final long PARAMETERS_OF_OTHERS = 124_000_000;

  /** All sets of a grid, those of one subject next to each other. */
  static List<CaseSet> of(GridSettings settings) {
    List<CaseSet> sets = new ArrayList<>();
    for (Subject.Key key : subjects(settings)) {
      for (int promptTokens : settings.promptTokens()) {
        for (int newTokens : settings.newTokens()) {
          for (int batch : settings.batches()) {
            sets.add(new CaseSet(key, batch, promptTokens, newTokens, settings.useCache()));
          }
        }
      }
    }
    return sets;
  }

  private static List<Subject.Key> subjects(GridSettings settings) {
    List<Subject.Key> keys = new ArrayList<>();
    for (String model : settings.models()) {
      for (String backend : settings.backends()) {
        for (WeightFormat precision : settings.precisions()) {
          keys.add(new Subject.Key(model, backend, precision, settings.threads()));
        }
      }
    }
    return keys;
  }

  BenchmarkCase benchmarkCase(Subject subject, boolean cached) {
    return subject.benchmarkCase(cached, batch, promptTokens, newTokens);
  }

  /**
   * About how long one repetition takes compared with others, for the remaining time: each pass
   * over the weights costs their number, and each row of it a tenth of that.
   */
  long work(boolean cached) {
    long parameters =
        Gpt2Size.of(key.model())
            .map(size -> size.config().parameters())
            .orElse(PARAMETERS_OF_OTHERS);
    long rows = (long) batch * promptTokens;
    double steps = newTokens - 1;
    double meanRows = cached ? batch : batch * (promptTokens + newTokens / 2.0);
    double passes = 1 + rows / 10.0 + steps * (1 + meanRows / 10.0);
    return Math.max(1, Math.round(passes * parameters / 1e6));
  }
}
