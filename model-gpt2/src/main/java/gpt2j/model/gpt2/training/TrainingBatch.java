package gpt2j.model.gpt2.training;

import gpt2j.api.training.TrainingOperations;
import java.util.Arrays;

/**
 * B sequences of T tokens, one after another.
 *
 * @param inputs B·T tokens
 * @param targets the token that follows each, or {@link TrainingOperations#IGNORED_TARGET}
 */
@SuppressWarnings("ArrayRecordComponent") // lent for the time of a call, never compared
public record TrainingBatch(int[] inputs, int[] targets) {
  /** How many targets count. */
  public int countedTargets() {
    return (int)
        Arrays.stream(targets)
            .filter(target -> target != TrainingOperations.IGNORED_TARGET)
            .count();
  }

  /**
   * Checks every token.
   *
   * @throws IllegalArgumentException for the first that is outside the vocabulary
   */
  void requireVocabulary(int vocabulary) {
    for (int i = 0; i < inputs.length; i++) {
      require(inputs[i] >= 0 && inputs[i] < vocabulary, "token", inputs[i], i, vocabulary);
    }
    for (int i = 0; i < targets.length; i++) {
      boolean fits = targets[i] >= 0 && targets[i] < vocabulary;
      require(
          fits || targets[i] == TrainingOperations.IGNORED_TARGET,
          "target",
          targets[i],
          i,
          vocabulary);
    }
  }

  private static void require(boolean fits, String what, int token, int index, int vocabulary) {
    if (!fits) {
      throw new IllegalArgumentException(
          "%s %d at index %d is outside the vocabulary 0 … %d"
              .formatted(what, token, index, vocabulary - 1));
    }
  }
}
