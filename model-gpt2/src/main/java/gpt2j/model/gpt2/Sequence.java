package gpt2j.model.gpt2;

/**
 * What the host knows of one sequence of a session: the tokens whose keys and values are cached.
 */
final class Sequence {
  private final TokenList tokens = new TokenList();
  private boolean hidden;
  private long version;

  int length() {
    return tokens.size();
  }

  int[] tokens() {
    return tokens.from(0);
  }

  /** Whether the workspace keeps the hidden state of the last token, from which logits follow. */
  boolean hasHidden() {
    return hidden;
  }

  /** Goes up with every change. */
  long version() {
    return version;
  }

  void append(int token) {
    tokens.add(token);
    changed(false);
  }

  void keepHidden() {
    changed(true);
  }

  void truncate(int length) {
    tokens.truncate(length);
    changed(false);
  }

  void copyOf(Sequence other) {
    tokens.truncate(0);
    tokens.addAll(other.tokens());
    changed(other.hidden);
  }

  private void changed(boolean keepsHidden) {
    hidden = keepsHidden;
    version++;
  }
}
