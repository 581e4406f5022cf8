package gpt2j.model.gpt2.data.prepare;

import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.json.JsonException;
import gpt2j.model.gpt2.json.JsonValue;
import gpt2j.model.gpt2.json.JsonValue.JsonString;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A file with an object in each line that has a document as its member {@code text}. Empty lines
 * and empty documents are passed over.
 */
final class JsonlDocuments extends DocumentReader {
  private static final String FIELD = "text";

  private final DocumentSink sink;

  JsonlDocuments(Path file, DocumentSink sink) {
    super(file, CHUNK);
    this.sink = sink;
  }

  @Override
  void line(int start, int end) {
    if (!isBlank(start, end)) {
      String document = document(start, end);
      if (!document.isEmpty()) {
        sink.text(document);
        sink.end();
      }
    }
    forget(lineStart());
  }

  private boolean isBlank(int start, int end) {
    for (int i = start; i < end; i++) {
      if (buffer()[i] > ' ' || buffer()[i] < 0) {
        return false;
      }
    }
    return true;
  }

  private String document(int start, int end) {
    JsonValue value;
    try {
      value = Json.readObject(Arrays.copyOfRange(buffer(), start, end)).members().get(FIELD);
    } catch (JsonException e) {
      throw error(lineNumber(start), "%s", e.getMessage());
    }
    if (!(value instanceof JsonString(String text))) {
      throw error(lineNumber(start), "%s", problem(value));
    }
    if (hasUnpairedSurrogate(text)) {
      throw error(lineNumber(start), "has an unpaired surrogate in \"%s\"", FIELD);
    }
    return text;
  }

  private static String problem(@Nullable JsonValue value) {
    return value == null
        ? "has no member \"%s\"".formatted(FIELD)
        : "has %s as its \"%s\", which must be a string".formatted(value, FIELD);
  }

  private static boolean hasUnpairedSurrogate(String text) {
    return text.codePoints()
        .anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }

  @Override
  void partOfLine() {
    // a line is read whole
  }

  @Override
  void finish() {
    // each line ended by itself
  }
}
