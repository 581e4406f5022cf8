package gpt2j.model.gpt2.tokenizer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What Hugging Face tokenizers makes of texts and ids: one line of a {@code golden.jsonl}, which
 * {@code src/test/python/make_tokenizer_golden.py} writes.
 *
 * @param text encodes to ids; null when ids are only decoded
 * @param special what it encodes to when special tokens are recognised
 * @param decoded what ids decode to; null when they aren't decoded
 */
record Golden(@Nullable String text, int[] ids, int[] special, @Nullable String decoded) {

  /** The folders with a tokenizer of their own. */
  static final List<String> FOLDERS =
      List.of("plain", "shuffled", "random", "older", "vocab", "unknown", "fused");

  /** Those that have a token for every byte, and no space to add. */
  static final List<String> LOSSLESS = List.of("plain", "shuffled", "vocab");

  static Path folder(String name) {
    try {
      return Path.of(Golden.class.getResource(name + "/golden.jsonl").toURI()).getParent();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  static List<Golden> read(String folder) {
    try {
      return Files.readAllLines(folder(folder).resolve("golden.jsonl")).stream()
          .map(Golden::parse)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Golden parse(String line) {
    String text = null;
    String decoded = null;
    int[] ids = null;
    int[] special = null;
    try (JsonParser json = new JsonFactory().createParser(ObjectReadContext.empty(), line)) {
      json.nextToken();
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "text" -> text = json.getString();
          case "decoded" -> decoded = json.getString();
          case "ids" -> ids = ids(json);
          case "special" -> special = ids(json);
          default -> throw new AssertionError(field);
        }
      }
    }
    return new Golden(text, ids, special == null ? ids : special, decoded);
  }

  private static int[] ids(JsonParser json) {
    var ids = java.util.stream.IntStream.builder();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      ids.add(json.getIntValue());
    }
    return ids.build().toArray();
  }
}
