package gpt2j.model.gpt2.data.prepare;

import gpt2j.model.gpt2.data.Baseline;
import java.util.Optional;

/**
 * What a preparation made.
 *
 * @param vocabularySize tokens there are
 * @param baseline what was measured
 */
public record PreparationResult(
    int vocabularySize, Part train, Part validation, Optional<Baseline> baseline) {
  /**
   * One of the two parts.
   *
   * @param bytes of the documents' text
   * @param tokens with those that end a text
   */
  public record Part(long documents, long bytes, long tokens) {}
}
