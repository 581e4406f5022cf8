package gpt2j.model.gpt2.tokenizer;

import com.knuddels.jtokkit.api.IntArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that byte pair encoding can produce, and how it does; all but the added tokens.
 * Immutable, safe for use by any number of threads.
 */
sealed interface Vocabulary permits Gpt2Vocabulary, BytePairVocabulary {
  /**
   * Appends the tokens of {@code text}, well-formed UTF-16 without added tokens, to {@code tokens}.
   *
   * @param begins whether it is the beginning of a text, or of what follows an added token
   */
  void encode(String text, boolean begins, IntArrayList tokens);

  /** Whether a beginning that isn't a space gets one. */
  boolean addsPrefixSpace();

  /** The bytes that {@code token} stands for, not to be changed; null when there is no such id. */
  byte @Nullable [] bytes(int token);

  /** One more than the largest id. */
  int size();
}
