package gpt2j.model.gpt2.tokenizer;

import java.util.function.Consumer;

/**
 * Cuts texts that come bit by bit, so that the tokens of the parts, one after another, are those of
 * the whole text. It is cut only where the tokenizer's pieces end whatever is around, and where no
 * added token is; as long as there is no such place, more is taken.
 */
public final class TextCutter {
  /**
   * So many characters without a place to cut are refused: they would be one piece, for which byte
   * pair encoding takes up to 200 bytes of memory for each of its own.
   */
  static final int LONGEST = 8 << 20;

  private final Tokenizer tokenizer;
  private final int size;
  private final int longest;
  private final Consumer<TextPart> parts;

  /** What is not yet handed over; places up to {@code searched} are none to cut at. */
  private final StringBuilder pending = new StringBuilder();

  private int searched;
  private boolean continues;

  /**
   * A cutter.
   *
   * @param size characters of a part, about
   * @param parts is given the parts, in their order; none is empty
   */
  public TextCutter(Tokenizer tokenizer, int size, Consumer<TextPart> parts) {
    this(tokenizer, size, LONGEST, parts);
  }

  TextCutter(Tokenizer tokenizer, int size, int longest, Consumer<TextPart> parts) {
    this.tokenizer = tokenizer;
    this.size = size;
    this.longest = longest;
    this.parts = parts;
  }

  /**
   * The text goes on.
   *
   * @throws TokenizerException when it can't be cut for too long
   */
  public void add(String text) {
    for (int at = 0; at < text.length(); at += size) {
      pending.append(text, at, Math.min(text.length(), at + size));
      for (int place = place(); place > 0; place = place()) {
        hand(place);
      }
      if (pending.length() - size > longest) {
        throw new TokenizerException(
            "has more than %d characters without a place to cut them at, such as white space"
                .formatted(longest));
      }
    }
  }

  /** The text has ended, and another may begin. */
  public void end() {
    if (!pending.isEmpty()) {
      hand(pending.length());
    }
    continues = false;
  }

  /** The last place to cut at that is within the size, or the first one behind; 0 for none yet. */
  private int place() {
    int known = pending.length() - tokenizer.lookAhead();
    if (known < size) {
      return 0;
    }
    if (searched == 0) {
      for (int place = size; place > 0; place--) {
        if (tokenizer.canBeCut(pending, place)) {
          return place;
        }
      }
      searched = size;
    }
    while (searched < known) {
      searched++;
      if (tokenizer.canBeCut(pending, searched)) {
        return searched;
      }
    }
    return 0;
  }

  private void hand(int end) {
    parts.accept(new TextPart(pending.substring(0, end), continues));
    pending.delete(0, end);
    searched = 0;
    continues = true;
  }

  /**
   * A part of a text, as {@link TextCutter} cuts it.
   *
   * @param continues whether the text begins before it
   */
  public record TextPart(String text, boolean continues) {}
}
