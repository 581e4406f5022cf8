package gpt2j.model.gpt2.data;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A file of text: one document, or several with a line {@code <|endoftext|>} after each, which
 * takes the line break before it along. What holds no text is no document.
 */
final class TextDocuments extends DocumentReader {
  private static final byte[] SEPARATOR = "<|endoftext|>".getBytes(StandardCharsets.US_ASCII);

  /** Bytes from which on a document is handed over in parts. */
  private static final int PART = 1 << 20;

  private static final int LONG_PART = 1 << 24;

  private final DocumentSink sink;
  private boolean partly;

  TextDocuments(Path file, DocumentSink sink) {
    super(file);
    this.sink = sink;
  }

  @Override
  void line(int start, int end) {
    if (isSeparator(start, end)) {
      endDocument(withoutBreak(start));
      forget(lineStart());
    }
  }

  private boolean isSeparator(int start, int end) {
    int last = end > start && buffer()[end - 1] == '\r' ? end - 1 : end;
    return Arrays.equals(buffer(), start, last, SEPARATOR, 0, SEPARATOR.length);
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

  private void endDocument(int end) {
    if (end > begin()) {
      sink.text(text(begin(), end));
      partly = true;
    }
    if (partly) {
      sink.end();
    }
    partly = false;
  }

  @Override
  void partOfLine() {
    if (end() - begin() < PART) {
      return;
    }
    int cut = lastBoundary(' ');
    if (cut < 0 && end() - begin() > LONG_PART) {
      cut = lastBoundary('\n');
    }
    if (cut > 0) {
      sink.text(text(begin(), cut));
      partly = true;
      forget(cut);
    }
  }

  /**
   * Where {@code space} is and the text can be cut; -1 where there is no such place. A space is
   * better: vocabularies that put one before each text put none before a part then.
   */
  private int lastBoundary(char space) {
    // A line that is longer than a separator is none.
    boolean mayBeSeparator = end() - lineStart() <= SEPARATOR.length + 1;
    for (int i = (mayBeSeparator ? lineStart() : end()) - 1; i > begin(); i--) {
      if (buffer()[i] == space && isBoundary(buffer()[i - 1], buffer()[i])) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Whether the pieces of byte pair encoding never reach across two characters: none has white
   * space after anything else. Of a run of white space the last one may belong to what follows, so
   * a run is never cut.
   */
  static boolean isBoundary(int before, int after) {
    return before > ' ' && before < 0x7F && (after == ' ' || after == '\n');
  }

  @Override
  void finish() {
    endDocument(end());
  }
}
