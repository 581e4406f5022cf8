package gpt2j.bench.result;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

final class ResultFileTest {
  @TempDir Path folder;

  static List<BenchmarkResult> results() {
    return Stream.concat(
            SampleResults.all().stream(), SampleResults.all().stream().map(SampleResults::once))
        .toList();
  }

  /** As it was when other programs were called peers. */
  private static String withPeers(String json) {
    return json.replace("\"command\" : \"baselines\"", "\"command\" : \"peers\"")
        .replace("\"programs\" : [ {", "\"peers\" : [ {")
        .replace("\"program\" : ", "\"peer\" : ");
  }

  @ParameterizedTest
  @MethodSource("results")
  void whatTheVersionBeforeWroteIsRead(BenchmarkResult result) throws IOException {
    String json = ResultFile.toJson(result).replaceFirst("\"format\" : 3", "\"format\" : 2");
    Path file = Files.writeString(folder.resolve(ResultFile.NAME), withPeers(json));
    assertEquals(json, ResultFile.toJson(ResultFile.read(file)));
  }

  /** Results that were measured before the machine was watched. */
  @ParameterizedTest
  @MethodSource("results")
  void whatEarlierVersionsWroteIsRead(BenchmarkResult result) throws IOException {
    Path file = folder.resolve(ResultFile.NAME);
    String json = ResultFile.toJson(result);
    String earlier =
        json.replaceFirst("\"format\" : 3", "\"format\" : 1")
            .replaceAll("(?s),\\s*\"surroundings\" : \\{[^}]*\\}", "");
    Files.writeString(file, withPeers(earlier));
    String read = ResultFile.toJson(ResultFile.read(file));
    String unknown =
        json.replaceFirst("\"format\" : 3", "\"format\" : 1")
            .replaceAll(
                "(?s)\"surroundings\" : \\{[^}]*\\}",
                "\"surroundings\" : {\n"
                    + "      \"others_cores\" : [ ],\n"
                    + "      \"bytes_per_second\" : [ ]\n"
                    + "    }");
    assertEquals(unknown, read);
  }

  @ParameterizedTest
  @MethodSource("results")
  void whatIsWrittenIsReadBack(BenchmarkResult result) throws IOException {
    Path file = folder.resolve(ResultFile.NAME);
    ResultFile.write(file, result);
    assertEquals(result, ResultFile.read(file));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList(), "nothing is left beside the file");
    }
  }

  @ParameterizedTest
  @MethodSource("results")
  void theCommandIsToldInTheFile(BenchmarkResult result) {
    assertTrue(
        ResultFile.toJson(result).contains("\"command\" : \"" + result.command().label() + "\""));
  }

  @Test
  void anotherFormatIsRefused() throws IOException {
    Path file = folder.resolve("old.json");
    String json = ResultFile.toJson(results().getFirst());
    Files.writeString(file, json.replaceFirst("\"format\" : 3", "\"format\" : 99"));
    ResultException e = assertThrows(ResultException.class, () -> ResultFile.read(file));
    assertTrue(e.getMessage().contains("format 99"), e.getMessage());
  }

  @ParameterizedTest
  @MethodSource("results")
  void damagedFilesAreRefusedInOneLine(BenchmarkResult result) throws IOException {
    Path file = folder.resolve("damaged.json");
    String json = ResultFile.toJson(result);
    Random random = new Random(1);
    for (int i = 0; i < 300; i++) {
      StringBuilder damaged = new StringBuilder(json);
      int at = random.nextInt(json.length() - 2);
      switch (random.nextInt(3)) {
        case 0 -> damaged.setLength(at);
        case 1 -> damaged.deleteCharAt(at);
        default -> damaged.setCharAt(at, (char) (32 + random.nextInt(95)));
      }
      Files.writeString(file, damaged);
      try {
        ResultFile.read(file); // some damage changes a number or a name, no more
      } catch (ResultException e) {
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
        assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
      }
    }
  }

  /** Every value of every result, in turn. */
  @ParameterizedTest
  @MethodSource("gpt2j.bench.result.SampleResults#all")
  void nullsAndTextsThatAreNoNamesAreRefusedByPath(BenchmarkResult result) throws IOException {
    Path file = folder.resolve("odd.json");
    JsonMapper mapper = JsonMapper.builder().build();
    JsonNode tree = mapper.readTree(ResultFile.toJson(result));
    for (String pointer : pointers(tree, "")) {
      String name = pointer.substring(pointer.lastIndexOf('/') + 1);
      for (JsonNode odd : new JsonNode[] {mapper.nullNode(), mapper.stringNode("a\0b")}) {
        JsonNode copy = tree.deepCopy();
        JsonNode parent = copy.at(pointer.substring(0, pointer.lastIndexOf('/')));
        if (parent instanceof ObjectNode object) {
          object.set(name, odd);
        } else {
          ((ArrayNode) parent).set(Integer.parseInt(name), odd);
        }
        Files.writeString(file, copy.toString());
        String message = null;
        try {
          ResultFile.read(file);
        } catch (ResultException e) {
          message = e.getMessage();
        }
        if (message == null) { // what may be left out
          assertTrue(odd.isNull() && OPTIONAL.contains(name), pointer + " passed as " + odd);
        } else if (tree.at(pointer).isString() && !name.equals("command")) {
          assertTrue(message.contains(name.matches("\\d+") ? "[" + name + "]" : name), message);
        }
      }
    }
  }

  private static final Set<String> OPTIONAL =
      Set.of(
          "threads",
          "peak_resident_bytes",
          "version",
          "grid",
          "vs",
          "others_cores",
          "bytes_per_second");

  private static List<String> pointers(JsonNode node, String path) {
    List<String> all = new ArrayList<>();
    if (node.isObject()) {
      node.properties()
          .forEach(entry -> all.addAll(pointers(entry.getValue(), path + "/" + entry.getKey())));
    }
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      all.addAll(pointers(node.get(i), path + "/" + i));
    }
    if (!path.isEmpty()) {
      all.add(path);
    }
    return all;
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "null", "{}", "[]", "{\"settings\": null}", "1"})
  void whatIsNoResultIsNoSettingsEither(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("none.json"), text);
    for (Executable read :
        List.<Executable>of(
            () -> ResultFile.read(file),
            () -> ResultFile.readGridSettings(file),
            () -> ResultFile.readCompareSettings(file),
            () -> ResultFile.readBaselinesSettings(file))) {
      String message = assertThrows(ResultException.class, read).getMessage();
      assertTrue(message.startsWith(file + ": ") && !message.contains("\n"), message);
    }
  }
}
