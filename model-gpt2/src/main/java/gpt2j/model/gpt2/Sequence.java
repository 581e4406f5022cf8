package gpt2j.model.gpt2;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the host knows of one sequence of a session: the tokens whose keys and values are cached,
 * and the token that was drawn behind them, which becomes part of it when the next one is drawn.
 */
final class Sequence {
  private final TokenList tokens = new TokenList();
  private boolean hidden;
  private @Nullable Decoder drawnBy; // since the last change
  private int drawn;

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

  /** Whether a decoder's last draw goes on with what the sequence holds. */
  boolean isDrawnBy(Decoder decoder) {
    return drawnBy == decoder;
  }

  /** The token that was drawn behind what the sequence holds, if one was. */
  int drawn() {
    return drawn;
  }

  /**
   * What it holds and the token that was drawn behind that.
   *
   * @throws IllegalStateException when none was since the last change
   */
  int[] withDrawn() {
    if (drawnBy == null) {
      throw new IllegalStateException("no token was drawn behind what the sequence holds");
    }
    int[] text = Arrays.copyOf(tokens(), length() + 1);
    text[length()] = drawn;
    return text;
  }

  void draw(int token, Decoder decoder) {
    drawn = token;
    drawnBy = decoder;
  }

  /** Forgets the token that was drawn. */
  void undraw() {
    drawnBy = null;
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
    undraw();
  }
}
