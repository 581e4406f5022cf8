package gpt2j.model.gpt2.tokenizer;

import java.util.BitSet;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Collects added tokens and numbers them as Hugging Face tokenizers does: one that the vocabulary
 * has keeps its id there, any other gets the next id that is free. A file that gives it another id
 * is refused, since the library would pass over what the file says.
 */
final class AddedVocabulary {
  private final Map<String, Integer> ids;
  private final Map<String, AddedToken> tokens = new LinkedHashMap<>();
  private final BitSet taken = new BitSet();

  /** The largest id that a token got that the vocabulary doesn't have. */
  private int largest = AddedToken.NO_ID;

  /**
   * One without tokens.
   *
   * @param ids the ids of the vocabulary's own tokens
   */
  AddedVocabulary(Map<String, Integer> ids) {
    this.ids = ids;
    ids.values().forEach(taken::set);
  }

  /**
   * Adds a token; one that is there already gets the new properties, but stays special.
   *
   * @param where names the place of the token in error messages
   */
  void add(AddedToken token, String where) {
    String content = token.content();
    if (content.isEmpty() && token.id() == AddedToken.NO_ID) {
      return; // a role without token
    }
    AddedToken known = tokens.get(content);
    int id = known == null ? id(content) : known.id();
    String problem = null;
    if (content.isEmpty()) {
      problem = "has no text";
    } else if (token.id() != AddedToken.NO_ID && token.id() != id) {
      String why =
          known != null
              ? "as before"
              : ids.containsKey(content) ? "its id in the vocabulary" : "the next that is free";
      problem = "has id %d but must have %d, %s".formatted(token.id(), id, why);
    } else if (known == null && !ids.containsKey(content) && taken.get(id)) {
      problem = "would get the id of another token, " + id;
    }
    if (problem != null) {
      throw new TokenizerException(
          where + ": " + TokenizerException.quote(content) + " " + problem);
    }
    if (!ids.containsKey(content)) {
      largest = Math.max(largest, id);
    }
    boolean special = known != null && known.special();
    tokens.put(content, (special ? token.asSpecial() : token).withId(id));
  }

  private int id(String content) {
    Integer own = ids.get(content);
    if (own != null) {
      return own;
    }
    return Math.max(largest + 1, ids.size());
  }

  boolean contains(String content) {
    return tokens.containsKey(content);
  }

  /** Their properties and ids, in the order in which they came. */
  Collection<AddedToken> tokens() {
    return tokens.values();
  }
}
