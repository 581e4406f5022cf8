package gpt2j.bench.report;

import java.util.Base64;

/** Writes HTML; whatever text is given comes out as that text. */
final class Html {
  private final StringBuilder text = new StringBuilder();

  /** Adds markup as it is. */
  Html raw(String markup) {
    text.append(markup);
    return this;
  }

  /** Adds text. */
  Html text(String words) {
    text.append(escape(words));
    return this;
  }

  /** Adds an element that holds text. */
  Html element(String name, String words) {
    return raw("<" + name + ">").text(words).raw("</" + name + ">\n");
  }

  /** Adds a picture, in the file itself. */
  Html image(byte[] png, int width, int height, String description) {
    return raw("<img width=\"%d\" height=\"%d\" alt=\"".formatted(width, height))
        .text(description)
        .raw("\" src=\"data:image/png;base64,")
        .raw(Base64.getEncoder().encodeToString(png))
        .raw("\">\n");
  }

  static String escape(String words) {
    StringBuilder escaped = new StringBuilder();
    words
        .codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.appendCodePoint(isCharacter(c) ? c : 0xfffd);
              }
            });
    return escaped.toString();
  }

  /** Whether HTML allows it: no control characters but white space, no lone surrogates. */
  private static boolean isCharacter(int c) {
    return c == '\n'
        || c == '\t'
        || !Character.isISOControl(c)
            && (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE);
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
