package gpt2j.cli;

/** Makes text fit for messages, whatever the user typed or a file holds. */
final class OneLine {
  private static final int MOST_SHOWN = 60;

  private OneLine() {}

  /** The text with a space for each line break and other control character. */
  static String of(String text) {
    StringBuilder line = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              boolean plain =
                  !Character.isISOControl(c)
                      && Character.getType(c) != Character.LINE_SEPARATOR
                      && Character.getType(c) != Character.PARAGRAPH_SEPARATOR;
              line.appendCodePoint(plain ? c : ' ');
            });
    return line.toString();
  }

  /** What was given, in quotes, cut when long. */
  static String quote(String text) {
    int points = text.codePointCount(0, text.length());
    String shown =
        points > MOST_SHOWN
            ? text.substring(0, text.offsetByCodePoints(0, MOST_SHOWN)) + "…"
            : text;
    return "'" + of(shown) + "'";
  }
}
