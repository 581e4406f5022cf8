package gpt2j.bench.plot;

import java.awt.Font;
import java.awt.font.FontRenderContext;
import java.util.Optional;

/** Whether this Java can draw text, which needs the system's fonts even without a screen. */
public final class TextDrawing {
  private TextDrawing() {}

  /** Why it can't, in one line that says what to do; nothing when it can. */
  public static Optional<String> problem() {
    System.setProperty("java.awt.headless", "true");
    try {
      Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
      double width =
          font.getStringBounds("text", new FontRenderContext(null, true, false)).getWidth();
      return width > 0 ? Optional.empty() : Optional.of(describe("there are no fonts"));
    } catch (RuntimeException | Error e) { // what Java does without libfontconfig, or fonts
      return Optional.of(describe(e.getMessage() == null ? e.toString() : e.getMessage()));
    }
  }

  private static String describe(String cause) {
    return "can't draw text in pictures: install fontconfig and a font, such as Debian's packages"
        + " fontconfig and fonts-dejavu-core, or a Java with its desktop module ("
        + cause.lines().findFirst().orElse("")
        + ")";
  }
}
