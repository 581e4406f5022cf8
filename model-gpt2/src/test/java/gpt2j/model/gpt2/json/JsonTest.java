package gpt2j.model.gpt2.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.model.gpt2.json.JsonValue.JsonArray;
import gpt2j.model.gpt2.json.JsonValue.JsonBoolean;
import gpt2j.model.gpt2.json.JsonValue.JsonNull;
import gpt2j.model.gpt2.json.JsonValue.JsonNumber;
import gpt2j.model.gpt2.json.JsonValue.JsonObject;
import gpt2j.model.gpt2.json.JsonValue.JsonString;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @Test
  void readsEveryKindOfValue() {
    JsonObject object =
        read(" {\"a\": [1, -2.5e3, \"ä\\n\", true, false, null, {}], \"b\": []}\n ");
    JsonArray elements =
        new JsonArray(
            List.of(
                new JsonNumber("1"),
                new JsonNumber("-2.5e3"),
                new JsonString("ä\n"),
                new JsonBoolean(true),
                new JsonBoolean(false),
                new JsonNull(),
                new JsonObject(Map.of())));
    assertEquals(Map.of("a", elements, "b", new JsonArray(List.of())), object.members());
    assertEquals(List.of("a", "b"), List.copyOf(object.members().keySet()));
  }

  @ParameterizedTest
  @CsvSource({
    "12, 12",
    "-9223372036854775808, -9223372036854775808",
    "9223372036854775808,",
    "1.0,",
    "1e3,",
    "0, 0"
  })
  void anIntegerIsOneThatWasWrittenAsOneAndFits(String text, Long expected) {
    OptionalLong integer = new JsonNumber(text).integer();
    assertEquals(expected == null ? OptionalLong.empty() : OptionalLong.of(expected), integer);
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "false", "0", "0.0", "-0", "\"\"", "[]", "{}"})
  void emptyValues(String text) {
    assertTrue(valueOf(text).isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"true", "1", "1e-5", "\"0\"", "[0]", "{\"a\": null}"})
  void valuesThatAreNotEmpty(String text) {
    assertFalse(valueOf(text).isEmpty());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\": 1,}",
        "{\"a\": 01}",
        "{\"a\": +1}",
        "{\"a\": .5}",
        "{\"a\": NaN}",
        "{\"a\": Infinity}",
        "{a: 1}",
        "{'a': 1}",
        "{\"a\" 1}",
        "{\"a\": 1 /* one */}",
        "{\"a\": \"\n\"}",
        "{\"a\": \"\\x\"}",
        "{\"a\": tru}",
        "{\"a\": [1",
        "{\"a\":",
        "{\"a\"",
        "{",
        "{\"a\": 1, \"b\": 2, \"a\": 3}",
        "{\"a\": [{\"b\": 1, \"b\": 1}]}",
        "{\"a\": \u0000}"
      })
  void refusesWhatIsNotStrictJson(String text) {
    String message = assertThrows(JsonException.class, () -> read(text)).getMessage();
    assertTrue(message.startsWith("is not valid JSON at character "), message);
    assertOneLine(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "[]", "1", "null", "\"{}\""})
  void refusesADocumentThatIsNoObject(String text) {
    String message = assertThrows(JsonException.class, () -> read(text)).getMessage();
    assertEquals(text.isBlank() ? "is empty" : "is not a JSON object", message);
  }

  @Test
  void refusesTextAfterTheObject() {
    String message = assertThrows(JsonException.class, () -> read("{} {}")).getMessage();
    assertEquals("has more text after its JSON object", message);
  }

  @Test
  void refusesOtherEncodings() {
    for (var charset : List.of(StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
      byte[] text = "{\"a\": 1}".getBytes(charset);
      assertThrows(JsonException.class, () -> Json.readObject(text));
    }
    byte[] latin1 = "{\"ä\": 1}".getBytes(StandardCharsets.ISO_8859_1);
    String message = assertThrows(JsonException.class, () -> Json.readObject(latin1)).getMessage();
    assertEquals("is not UTF-8", message);
  }

  @Test
  void refusesDepthThatWouldExhaustTheStack() {
    String text = "{\"a\":" + "[".repeat(1_000_000);
    String message = assertThrows(JsonException.class, () -> read(text)).getMessage();
    assertTrue(message.contains("nesting depth"), message);
    assertOneLine(message);
  }

  @Test
  void printableTextIsShortAndOneLine() {
    assertEquals("a\uFFFDb", Json.printable("a\nb"));
    assertEquals("\uFFFDx\uFFFD", Json.printable("\u202Ex\u2028"));
    assertEquals("x".repeat(80) + "…", Json.printable("x".repeat(1000)));
    assertEquals("x".repeat(80), Json.printable("x".repeat(80)));
  }

  private static void assertOneLine(String message) {
    assertTrue(message.chars().noneMatch(Character::isISOControl), message);
    assertTrue(message.length() < 300, message);
  }

  private static JsonValue valueOf(String text) {
    return read("{\"a\":" + text + "}").members().get("a");
  }

  private static JsonObject read(String text) {
    return Json.readObject(text.getBytes(StandardCharsets.UTF_8));
  }
}
