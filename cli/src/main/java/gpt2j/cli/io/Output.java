package gpt2j.cli.io;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/**
 * Standard output: results in UTF-8, each passed on at once. A file or a program gets them as they
 * are. On a terminal, which obeys some characters, those are shown instead: what a model says, or a
 * vocabulary holds, must not move the cursor or rename the window.
 */
public final class Output {
  private final OutputStream stream;
  private final BooleanSupplier isTerminal;

  public Output(OutputStream stream, BooleanSupplier isTerminal) {
    this.stream = stream;
    this.isTerminal = isTerminal;
  }

  /** Writes a text. */
  public void print(String text) {
    if (text.isEmpty()) {
      return;
    }
    boolean shown = text.chars().anyMatch(Output::isObeyed) && isTerminal.getAsBoolean();
    byte[] bytes = (shown ? show(text) : text).getBytes(StandardCharsets.UTF_8);
    write(bytes, 0, bytes.length);
  }

  private void write(byte[] bytes, int offset, int length) {
    try {
      stream.write(bytes, offset, length);
      stream.flush();
    } catch (IOException e) {
      throw new OutputException(e);
    }
  }

  /** Writes a text and ends its line. */
  public void println(String text) {
    print(text + "\n");
  }

  private static boolean isObeyed(int c) {
    return Character.isISOControl(c) && c != '\n' && c != '\t';
  }

  /** As JSON writes them, so that JSON stays what it is. */
  private static String show(String text) {
    StringBuilder shown = new StringBuilder(text.length() + 5);
    text.chars()
        .forEach(
            c -> {
              if (isObeyed(c)) {
                shown.append(String.format(Locale.ROOT, "\\u%04x", c));
              } else {
                shown.append((char) c);
              }
            });
    return shown.toString();
  }

  /** The same for libraries that want a writer; what can't be written is thrown from it, too. */
  public PrintWriter writer() {
    OutputStream throwing =
        new OutputStream() {
          @Override
          public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            Output.this.write(bytes, offset, length);
          }
        };
    return new PrintWriter(throwing, true, StandardCharsets.UTF_8);
  }
}
