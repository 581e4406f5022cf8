package gpt2j.model.gpt2.tokenizer;

import org.jspecify.annotations.Nullable;

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
    Fields fields = new Fields(special);
    json.object(field -> fields.read(json, field));
    return fields.token();
  }

  private static final class Fields {
    private int id = NO_ID;
    private @Nullable String content;
    private boolean singleWord;
    private boolean stripLeft;
    private boolean stripRight;
    private @Nullable Boolean normalized;
    private boolean special;

    Fields(boolean special) {
      this.special = special;
    }

    void read(JsonFile json, String field) {
      switch (field) {
        case "id" -> id = json.integer(TokenIds.LARGEST);
        case "content" -> content = json.string();
        case "single_word" -> singleWord = json.bool();
        case "lstrip" -> stripLeft = json.bool();
        case "rstrip" -> stripRight = json.bool();
        case "normalized" -> normalized = json.bool();
        case "special" -> special = json.bool();
        case "__type" -> json.string();
        default -> json.refuseUnlessOff();
      }
    }

    AddedToken token() {
      return new AddedToken(
          id,
          content == null ? "" : content,
          singleWord,
          stripLeft,
          stripRight,
          normalized == null ? !special : normalized,
          special);
    }
  }
}
