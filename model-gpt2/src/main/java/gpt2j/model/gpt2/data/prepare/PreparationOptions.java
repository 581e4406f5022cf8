package gpt2j.model.gpt2.data.prepare;

/**
 * How texts become tokens.
 *
 * @param validation fraction of the documents that is set apart, from 0 and below 1
 * @param seed which ones
 * @param threads that encode, 1 or more; the result doesn't depend on them
 * @param baseline whether to measure a {@link gpt2j.model.gpt2.data.Baseline}, where there is a
 *     part for validation
 */
public record PreparationOptions(
    VocabularyChoice vocabulary, double validation, long seed, int threads, boolean baseline) {
  public PreparationOptions {
    if (!(validation >= 0 && validation < 1)) {
      throw new IllegalArgumentException(
          "the fraction for validation is from 0, below 1, not " + validation);
    }
    if (threads < 1) {
      throw new IllegalArgumentException("threads: 1 or more, not " + threads);
    }
  }
}
