package gpt2j.cli.io;

/** Makes text fit for messages, whatever the user typed or a file holds. */
public final class OneLine {
  private static final int MOST_QUOTED = 60;

  /** Room for two paths and some words; what is wrong stands first and what to do last. */
  private static final int MOST_AT_THE_BEGINNING = 700;

  private static final int MOST_AT_THE_END = 300;

  private OneLine() {}

  /**
   * The text in one line of bounded length, with a space for each line break and tab, and with
   * other characters that aren't seen, or that change what is seen, written as in Java.
   */
  public static String of(String text) {
    int points = text.codePointCount(0, text.length());
    String shown = text;
    if (points > MOST_AT_THE_BEGINNING + MOST_AT_THE_END) {
      int end = text.offsetByCodePoints(0, MOST_AT_THE_BEGINNING);
      int begin = text.offsetByCodePoints(text.length(), -MOST_AT_THE_END);
      shown = text.substring(0, end) + " … " + text.substring(begin);
    }
    StringBuilder line = new StringBuilder(shown.length());
    shown
        .codePoints()
        .forEach(
            c -> {
              if (c == '\n' || c == '\r' || c == '\t') {
                line.append(' ');
              } else if (isSeen(c)) {
                line.appendCodePoint(c);
              } else {
                line.append((c <= Character.MAX_VALUE ? "\\u%04x" : "\\U%08x").formatted(c));
              }
            });
    return line.toString();
  }

  private static boolean isSeen(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          false;
      default -> true;
    };
  }

  /** What was given, in quotes, cut when long. */
  public static String quote(String text) {
    int points = text.codePointCount(0, text.length());
    String shown =
        points > MOST_QUOTED
            ? text.substring(0, text.offsetByCodePoints(0, MOST_QUOTED)) + "…"
            : text;
    return "'" + of(shown) + "'";
  }
}
