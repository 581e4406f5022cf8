package gpt2j.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** Standard output: results in UTF-8, each passed on at once. */
final class Output {
  private final OutputStream stream;

  Output(OutputStream stream) {
    this.stream = stream;
  }

  /** Writes a text as it is. */
  void print(String text) {
    if (text.isEmpty()) {
      return;
    }
    try {
      stream.write(text.getBytes(StandardCharsets.UTF_8));
      stream.flush();
    } catch (IOException e) {
      throw new OutputException(e);
    }
  }

  /** Writes a text and ends its line. */
  void println(String text) {
    print(text + "\n");
  }

  /** For text whose loss doesn't matter, such as help. */
  PrintWriter writer() {
    return new PrintWriter(stream, true, StandardCharsets.UTF_8);
  }
}
