package gpt2j.bench.result;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.model.gpt2.json.MayBeNull;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Every field of results and of settings with everything that it can't be. */
final class BadFieldsTest {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  /** Objects whose names are values: no name is unknown or missing there. */
  private static final Set<String> MAPS = Set.of("properties", "device_bytes", "section_nanos");

  /** What may be null, and what null may be the whole of. */
  private static final Set<String> OPTIONAL =
      Set.of(
          "threads",
          "peak_resident_bytes",
          "version",
          "grid",
          "vs",
          "others_cores",
          "bytes_per_second");

  @TempDir Path folder;

  /** A place in the JSON: its parent, the name or number there, and its path in messages. */
  private record Place(JsonNode parent, String name, String path) {
    JsonNode value() {
      return parent instanceof ObjectNode ? parent.get(name) : parent.get(Integer.parseInt(name));
    }

    void set(JsonNode value) {
      if (parent instanceof ObjectNode object) {
        object.set(name, value);
      } else {
        ((ArrayNode) parent).set(Integer.parseInt(name), value);
      }
    }
  }

  private static List<Place> places(JsonNode node, String path) {
    List<Place> all = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      String inside = path.isEmpty() ? entry.getKey() : path + "." + entry.getKey();
      all.add(new Place(node, entry.getKey(), inside));
      all.addAll(places(entry.getValue(), inside));
    }
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      String inside = "%s[%d]".formatted(path, i);
      all.add(new Place(node, Integer.toString(i), inside));
      all.addAll(places(node.get(i), inside));
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("gpt2j.bench.result.SampleResults#all")
  void areNamedByTheirPathInResults(BenchmarkResult result) throws IOException {
    requireAll(MAPPER.readTree(ResultFile.toJson(result)), ResultFile::read);
  }

  @ParameterizedTest
  @MethodSource("gpt2j.bench.result.SampleResults#all")
  void areNamedByTheirPathInSettings(BenchmarkResult result) throws IOException {
    JsonNode settings = MAPPER.readTree(ResultFile.toJson(result)).get("settings");
    Function<Path, Object> read =
        switch (result) {
          case BaselinesResult _ -> ResultFile::readBaselinesSettings;
          case CompareResult _ -> ResultFile::readCompareSettings;
          default -> ResultFile::readGridSettings;
        };
    requireAll(settings, read);
  }

  private void requireAll(JsonNode tree, Function<Path, Object> read) throws IOException {
    for (Place place : places(tree, "")) {
      JsonNode right = place.value();
      for (JsonNode wrong : wrong(place, right)) {
        place.set(wrong);
        assertRefused(tree, place.path(), read);
      }
      if (place.parent() instanceof ObjectNode object && !isMap(place)) {
        object.remove(place.name());
        assertRefused(tree, place.path(), read);
      }
      place.set(right);
      if (right instanceof ObjectNode object && !MAPS.contains(place.name())) {
        object.put("odd", 1);
        assertRefused(tree, place.path() + ".odd", read);
        object.remove("odd");
      }
    }
    ((ObjectNode) tree).put("odd", 1);
    assertRefused(tree, "odd", read);
  }

  private static boolean isMap(Place place) {
    return MAPS.stream().anyMatch(map -> place.path().endsWith("." + map + "." + place.name()));
  }

  private static List<JsonNode> wrong(Place place, JsonNode right) {
    List<JsonNode> all = new ArrayList<>();
    Consumer<String> add = text -> all.add(MAPPER.readTree(text));
    if (!OPTIONAL.contains(place.name())) {
      add.accept("null");
    }
    add.accept(right.isArray() ? "{}" : "[]");
    add.accept(right.isObject() ? "\"\"" : "{\"a\": 1}");
    add.accept(right.isBoolean() ? "1" : "true");
    add.accept("\"a\\u0000b\"");
    if (right.isString()) {
      add.accept("7");
    } else if (!right.isNull()) { // of which it can't be told what else it may be
      add.accept("\"seven\"");
    }
    if (right.isIntegralNumber()) {
      add.accept("1.5");
      add.accept("123456789012345678901234567890");
    }
    return all;
  }

  private void assertRefused(JsonNode tree, String path, Function<Path, Object> read)
      throws IOException {
    String message = message(tree.toString(), read);
    assertTrue(
        message.contains(path + " ") || message.contains("in " + path), path + ": " + message);
  }

  private String message(String text, Function<Path, Object> read) throws IOException {
    Path file = Files.writeString(folder.resolve("odd.json"), text);
    String message = assertThrows(ResultException.class, () -> read.apply(file), text).getMessage();
    assertTrue(message.startsWith(file + ": "), message);
    for (String inner : new String[] {"\n", "`", "gpt2j.", "eserializ", "ackson", "java."}) {
      assertFalse(message.substring(file.toString().length()).contains(inner), message);
    }
    return message.substring(file.toString().length() + 2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "[] | is not a JSON object",
        "null | is not a JSON object",
        "7 | is not a JSON object",
        "{} | models is missing",
        "{\"settings\": []} | settings must be a JSON object",
        "{\"settings\": {\"grid\": 1}} | settings.grid must be a JSON object",
        "~ ~ | is empty",
        "{\"models\": | is not valid JSON at character *",
        "{\"models\": [x]} | is not valid JSON at character *",
        "{\"a\": 1, \"a\": 1} | is not valid JSON at character *",
        "{} {} | has more text after its JSON object",
        "{\"a\": \"\t\"} | is not valid JSON at character *",
      })
  void whatIsNoneIsSaidInPlainWords(String text, String expected) throws IOException {
    String message = message(text, ResultFile::readGridSettings);
    assertEquals(expected, message.replaceAll("character \\d+: .*", "character *"));
  }

  @Test
  void whatIsTooDeepIsSaidInPlainWords() throws IOException {
    String message = message("{\"a\":" + "[".repeat(5000), ResultFile::readGridSettings);
    assertTrue(message.contains("nesting depth"), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "repetitions | 0 | settings.repetitions must be 1 or more, not 0",
        "warmup | -1 | settings.warmup must be 0 or more, not -1",
        "threads | 5000 | settings.threads must be 1 to 4096, not 5000",
        "batches | [1, 2.5] | settings.batches[1] must be a whole number, not 2.5",
        "batches | [0] | settings.batches must be 1 or more, not 0",
        "use_cache | [] | settings.use_cache is empty: there is nothing to measure",
        "precisions | [\"f99\"] | settings.precisions[0] must be one of f32, f16, bf16, q8_0, q4_0,"
            + " not \"f99\"",
        "models | ~~ | settings.models is missing",
      })
  void settingsWithinAResultAreNamedToo(String name, String value, String expected)
      throws IOException {
    JsonNode tree = MAPPER.readTree(ResultFile.toJson(SampleResults.all().getFirst()));
    ObjectNode settings = (ObjectNode) tree.get("settings");
    @Nullable JsonNode changed = value.isEmpty() ? null : MAPPER.readTree(value);
    if (changed == null) {
      settings.remove(name);
    } else {
      settings.set(name, changed);
    }
    assertEquals(expected, message(tree.toString(), ResultFile::readGridSettings));
    assertEquals(
        "is no result of a benchmark: " + expected, message(tree.toString(), ResultFile::read));
  }

  /** The program runs without JSpecify's classes, tests do not. */
  @Test
  void whatMayBeNullIsKnownWhereOnlyTheCompilerSeesJSpecify() {
    Set<Class<?>> records = new HashSet<>();
    for (Class<?> result : BenchmarkResult.class.getPermittedSubclasses()) {
      addRecords(result, records);
    }
    int nullable = 0;
    for (Class<?> record : records) {
      for (RecordComponent component : record.getRecordComponents()) {
        boolean isNullable = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
        assertEquals(
            isNullable, component.isAnnotationPresent(MayBeNull.class), component.toString());
        nullable += isNullable ? 1 : 0;
      }
    }
    assertTrue(nullable > 2, "only " + nullable);
  }

  private static void addRecords(Type type, Set<Class<?>> records) {
    if (type instanceof ParameterizedType of) {
      for (Type part : of.getActualTypeArguments()) {
        addRecords(part, records);
      }
    } else if (type instanceof Class<?> of && of.isSealed()) {
      for (Class<?> each : of.getPermittedSubclasses()) {
        addRecords(each, records);
      }
    } else if (type instanceof Class<?> of && of.isRecord() && records.add(of)) {
      for (RecordComponent component : of.getRecordComponents()) {
        addRecords(component.getGenericType(), records);
      }
    }
  }
}
