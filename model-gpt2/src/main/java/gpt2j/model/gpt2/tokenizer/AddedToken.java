package gpt2j.model.gpt2.tokenizer;

import java.util.HashMap;
import java.util.Map;

/**
 * A token that is cut out of a text before byte pair encoding sees it.
 *
 * @param id its id; {@link #NO_ID} where a file gives it none
 * @param content the text that is it; where empty, it never occurs
 * @param singleWord whether it is none where a letter or digit is next to it
 * @param stripLeft whether it takes the white space before it
 * @param stripRight whether it takes the white space after it
 * @param normalized whether it is looked for in a second round, in what the others left
 * @param special whether it is recognised on request only
 */
record AddedToken(
    int id,
    String content,
    boolean singleWord,
    boolean stripLeft,
    boolean stripRight,
    boolean normalized,
    boolean special) {
  static final int NO_ID = -1;

  /** A special token without further properties. */
  static AddedToken special(int id, String content) {
    return new AddedToken(id, content, false, false, false, false, true);
  }

  AddedToken withId(int newId) {
    return new AddedToken(newId, content, singleWord, stripLeft, stripRight, normalized, special);
  }

  AddedToken asSpecial() {
    return new AddedToken(id, content, singleWord, stripLeft, stripRight, normalized, true);
  }

  /**
   * Reads one with all its properties, an object.
   *
   * @param special what it is where the object doesn't say so
   */
  static AddedToken read(JsonFile json, boolean special) {
    int[] id = {NO_ID};
    String[] content = {""};
    Map<String, Boolean> flags = new HashMap<>();
    json.object(
        field -> {
          switch (field) {
            case "id" -> id[0] = json.integer(Vocabulary.LARGEST_ID);
            case "content" -> content[0] = json.string();
            case "single_word", "lstrip", "rstrip", "normalized", "special" ->
                flags.put(field, json.bool());
            case "__type" -> json.string();
            default -> json.refuseUnlessOff();
          }
        });
    boolean isSpecial = flags.getOrDefault("special", special);
    return new AddedToken(
        id[0],
        content[0],
        flags.getOrDefault("single_word", false),
        flags.getOrDefault("lstrip", false),
        flags.getOrDefault("rstrip", false),
        flags.getOrDefault("normalized", !isSpecial),
        isSpecial);
  }
}
