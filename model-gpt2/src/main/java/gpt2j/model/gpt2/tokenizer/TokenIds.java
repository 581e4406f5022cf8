package gpt2j.model.gpt2.tokenizer;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** Reads JSON objects that map tokens to ids. */
final class TokenIds {
  /** No model's vocabulary comes near it; tables are as long as the largest id. */
  static final int LARGEST = (1 << 20) - 1;

  private TokenIds() {}

  /** Tokens and ids are unique. */
  static Map<String, Integer> read(JsonFile json) {
    Map<String, Integer> ids = new HashMap<>();
    BitSet taken = new BitSet();
    json.entries(
        token -> {
          int id = json.integer(LARGEST);
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
}
