package gpt2j.model.gpt2.data.prepare;

import gpt2j.model.gpt2.tokenizer.VocabularyTraining;
import java.nio.file.Path;

/** What tokens a text is to become. */
public sealed interface VocabularyChoice {
  /** GPT-2's vocabulary, 50257 tokens. */
  record Gpt2() implements VocabularyChoice {}

  /** Every byte a token, and one that ends a text: 257. */
  record Bytes() implements VocabularyChoice {}

  /**
   * Byte-level byte pair encoding, learned from the training documents.
   *
   * @param size most tokens, bytes and the one that ends a text among them
   */
  record Learned(int size) implements VocabularyChoice {
    /** The smallest and the largest size there may be. */
    public static final int SMALLEST = VocabularyTraining.SMALLEST;

    /** See {@link #SMALLEST}. */
    public static final int LARGEST = 1 << 20;

    public Learned {
      if (size < SMALLEST || size > LARGEST) {
        throw new IllegalArgumentException(
            "a vocabulary has from %d to %d tokens, not %d".formatted(SMALLEST, LARGEST, size));
      }
    }
  }

  /**
   * That of a checkpoint, to train it further.
   *
   * @param directory the checkpoint's
   */
  record OfCheckpoint(Path directory) implements VocabularyChoice {}
}
