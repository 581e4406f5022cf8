package gpt2j.model.gpt2.tokenizer;

import com.knuddels.jtokkit.api.IntArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that byte pair encoding can produce, and how it does; all but the added tokens.
 * Immutable, safe for use by any number of threads.
 */
sealed interface Vocabulary permits Gpt2Vocabulary, BytePairVocabulary, NumberVocabulary {
  /** No model's vocabulary comes near it; tables are as long as the largest id. */
  int LARGEST_ID = (1 << 20) - 1;

  /** The tokens and their ids in an object; both are unique. */
  static Map<String, Integer> readIds(JsonFile json) {
    Map<String, Integer> ids = new HashMap<>();
    BitSet taken = new BitSet();
    json.entries(
        token -> {
          int id = json.integer(LARGEST_ID);
          if (taken.get(id)) {
            throw json.error("has the id of another token, " + id);
          }
          taken.set(id);
          if (ids.put(token, id) != null) {
            throw json.error("is there twice");
          }
        });
    return ids;
  }

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

  /** Whether there is a token with this id. */
  default boolean has(int token) {
    return bytes(token) != null;
  }

  /** One more than the largest id. */
  int size();
}
