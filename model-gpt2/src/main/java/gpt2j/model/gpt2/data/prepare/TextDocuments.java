package gpt2j.model.gpt2.data.prepare;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A file of text: one document, or several with a line {@code <|endoftext|>} after each, which
 * takes the line break before it along. What holds no text is no document.
 */
final class TextDocuments extends DocumentReader {
  static final String SEPARATOR = "<|endoftext|>";
  private static final byte[] SEPARATOR_BYTES = SEPARATOR.getBytes(StandardCharsets.US_ASCII);

  private final DocumentSink sink;
  private boolean partly;

  TextDocuments(Path file, DocumentSink sink) {
    this(file, CHUNK, sink);
  }

  TextDocuments(Path file, int chunk, DocumentSink sink) {
    super(file, chunk);
    this.sink = sink;
  }

  @Override
  void line(int start, int end) {
    if (isSeparator(start, end)) {
      giveUntil(withoutBreak(start));
      endDocument();
      forget(lineStart());
    }
  }

  private boolean isSeparator(int start, int end) {
    if (start < begin()) {
      return false;
    }
    int last = end > start && buffer()[end - 1] == '\r' ? end - 1 : end;
    return Arrays.equals(buffer(), start, last, SEPARATOR_BYTES, 0, SEPARATOR_BYTES.length);
  }

  private int withoutBreak(int end) {
    int last = end;
    for (char c : new char[] {'\n', '\r'}) {
      if (last > begin() && buffer()[last - 1] == c) {
        last--;
      }
    }
    return last;
  }

  @Override
  void partOfLine() {
    // The line may still be a separator, which takes the break before along, and the next one, too.
    boolean mayBeSeparator =
        lineStart() >= begin() && end() - lineStart() <= SEPARATOR_BYTES.length + 1;
    giveUntil(withoutBreak(mayBeSeparator ? lineStart() : endOfWholeCharacters()));
  }

  private void giveUntil(int end) {
    if (end > begin()) {
      sink.text(text(begin(), end));
      partly = true;
      forget(end);
    }
  }

  private void endDocument() {
    if (partly) {
      sink.end();
    }
    partly = false;
  }

  @Override
  void finish() {
    giveUntil(end());
    endDocument();
  }
}
