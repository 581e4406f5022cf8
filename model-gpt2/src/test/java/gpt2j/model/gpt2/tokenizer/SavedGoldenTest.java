package gpt2j.model.gpt2.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.json.JsonValue;
import gpt2j.model.gpt2.json.JsonValue.JsonArray;
import gpt2j.model.gpt2.json.JsonValue.JsonNumber;
import gpt2j.model.gpt2.json.JsonValue.JsonObject;
import gpt2j.model.gpt2.json.JsonValue.JsonString;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Folders as others save them, from {@code src/test/python/make_saved_golden.py}: each makes the
 * tokens and texts that it makes in transformers 5, or it is refused. What isn't so is listed in
 * {@code saved-outcomes.txt}, with the reason; after a change the new list lies in {@code target}.
 */
class SavedGoldenTest {
  private static final String EQUAL = "equal";

  private static List<String> texts;
  private static List<JsonValue> contents;
  private static List<JsonValue> results;
  private static List<JsonValue> folders;

  @TempDir private Path temporary;

  @BeforeAll
  static void read() throws IOException {
    try (InputStream in =
        new GZIPInputStream(SavedGoldenTest.class.getResourceAsStream("saved.json.gz"))) {
      Map<String, JsonValue> golden = Json.readObject(in.readAllBytes()).members();
      texts = strings(golden.get("texts"));
      contents = elements(golden.get("contents"));
      results = elements(golden.get("results"));
      folders = elements(golden.get("folders"));
    }
  }

  @Test
  void eachIsAsInTransformersOrRefused() throws IOException {
    Map<String, String> outcomes = new TreeMap<>();
    int equal = 0;
    for (JsonValue folder : folders) {
      Map<String, JsonValue> fields = members(folder);
      String outcome = outcome(write(fields), fields);
      if (outcome.equals(EQUAL)) {
        equal++;
      } else {
        outcomes.put(string(fields.get("name")), outcome);
      }
    }
    StringBuilder list = new StringBuilder();
    outcomes.forEach((name, outcome) -> list.append(name + ": " + outcome + "\n"));
    Files.writeString(Path.of("target", "saved-outcomes.txt"), list);
    try (InputStream in = SavedGoldenTest.class.getResourceAsStream("saved-outcomes.txt")) {
      assertEquals(new String(in.readAllBytes(), UTF_8), list.toString());
    }
    assertTrue(equal > 700, "equal: " + equal);
  }

  private Path write(Map<String, JsonValue> fields) throws IOException {
    Path directory = temporary.resolve(string(fields.get("name")));
    Files.createDirectory(directory);
    for (Map.Entry<String, JsonValue> file : members(fields.get("files")).entrySet()) {
      String content = string(contents.get(integer(file.getValue())));
      Files.writeString(directory.resolve(file.getKey()), content);
    }
    return directory;
  }

  private static String outcome(Path directory, Map<String, JsonValue> folder) {
    Map<String, JsonValue> five = members(results.get(integer(folder.get("five"))));
    Map<String, JsonValue> four = members(results.get(integer(folder.get("four"))));
    Tokenizer tokenizer;
    try {
      tokenizer = Tokenizer.load(directory);
    } catch (TokenizerException e) {
      return "refused: " + e.getMessage();
    }
    String problem = problem(tokenizer, five);
    if (problem.equals(EQUAL)) {
      return EQUAL;
    }
    if (problem(tokenizer, four).equals(EQUAL)) {
      return problem + "; as in transformers 4";
    }
    boolean asSlow =
        folder.containsKey("slow")
            && problem(tokenizer, members(results.get(integer(folder.get("slow"))))).equals(EQUAL);
    return problem + (asSlow ? "; as in GPT2Tokenizer of transformers 4" : "");
  }

  /** Where a tokenizer differs from what a library made of the same folder. */
  private static String problem(Tokenizer tokenizer, Map<String, JsonValue> expected) {
    if (expected.containsKey("error")) {
      return "transformers fails, " + string(expected.get("error")).lines().findFirst().orElse("");
    }
    try {
      List<JsonValue> special = elements(expected.get("ids"));
      List<JsonValue> plain = elements(expected.getOrDefault("plain", expected.get("ids")));
      for (int i = 0; i < texts.size(); i++) {
        String text = texts.get(i);
        int[] ids = tokenizer.encode(text, SpecialTokens.RECOGNIZED);
        if (!Arrays.equals(integers(special.get(i)), ids)) {
          return difference(text, integers(special.get(i)), ids);
        }
        ids = tokenizer.encode(text);
        if (!Arrays.equals(integers(plain.get(i)), ids)) {
          return "as text " + difference(text, integers(plain.get(i)), ids);
        }
      }
    } catch (TokenizerException e) {
      return "refuses a text: " + e.getMessage();
    }
    List<JsonValue> sequences = elements(expected.get("sequences"));
    List<String> decoded = strings(expected.get("decoded"));
    for (int i = 0; i < decoded.size(); i++) {
      String text = tokenizer.decode(integers(sequences.get(i)));
      if (!decoded.get(i).equals(text)) {
        return "decodes %s to %s, not %s"
            .formatted(
                Arrays.toString(integers(sequences.get(i))),
                TokenizerException.quote(text),
                TokenizerException.quote(decoded.get(i)));
      }
    }
    OptionalInt end =
        expected.get("end") instanceof JsonNumber number
            ? OptionalInt.of(integer(number))
            : OptionalInt.empty();
    // Where nobody says what ends a text, transformers knows nothing that does.
    boolean usual = end.isEmpty() && usualEnd(tokenizer);
    if (!usual && !end.equals(tokenizer.endOfText())) {
      return "ends with %s, not %s".formatted(tokenizer.endOfText(), end);
    }
    int size = integer(expected.get("size"));
    return size == tokenizer.vocabularySize()
        ? EQUAL
        : "has %d tokens, not %d".formatted(tokenizer.vocabularySize(), size);
  }

  private static boolean usualEnd(Tokenizer tokenizer) {
    OptionalInt end = tokenizer.endOfText();
    return end.isPresent() && tokenizer.decode(end.getAsInt()).equals(Tokenizer.END_OF_TEXT);
  }

  private static String difference(String text, int[] expected, int[] ids) {
    return "%s is %s, not %s"
        .formatted(TokenizerException.quote(text), Arrays.toString(ids), Arrays.toString(expected));
  }

  private static Map<String, JsonValue> members(JsonValue value) {
    return ((JsonObject) value).members();
  }

  private static List<JsonValue> elements(@Nullable JsonValue value) {
    return ((JsonArray) value).elements();
  }

  private static List<String> strings(JsonValue value) {
    return elements(value).stream().map(SavedGoldenTest::string).toList();
  }

  private static String string(JsonValue value) {
    return ((JsonString) value).value();
  }

  private static int[] integers(JsonValue value) {
    return elements(value).stream().mapToInt(SavedGoldenTest::integer).toArray();
  }

  private static int integer(JsonValue value) {
    return (int) ((JsonNumber) value).integer().orElseThrow();
  }
}
