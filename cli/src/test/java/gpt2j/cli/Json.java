package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** An object that the command line printed as JSON. */
record Json(Map<String, @Nullable Object> members) {
  /** One object in each line. */
  static List<Json> lines(String text) {
    return text.lines().map(Json::of).toList();
  }

  /** The only object. */
  static Json of(String line) {
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), line)) {
      assertEquals(JsonToken.START_OBJECT, parser.nextToken());
      Json object = object(parser);
      assertNull(parser.nextToken());
      return object;
    }
  }

  List<String> names() {
    return List.copyOf(members.keySet());
  }

  /** A string, a Double, a Boolean, a List or a Json. */
  Object get(String name) {
    Object value = members.get(name);
    if (value == null) {
      throw new AssertionError("no " + name + " in " + members);
    }
    return value;
  }

  String text(String name) {
    return (String) get(name);
  }

  double number(String name) {
    return (Double) get(name);
  }

  List<?> list(String name) {
    return (List<?>) get(name);
  }

  List<Integer> integers(String name) {
    return list(name).stream().map(element -> ((Number) element).intValue()).toList();
  }

  private static @Nullable Object value(JsonParser parser) {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> {
        List<@Nullable Object> elements = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          elements.add(value(parser));
        }
        yield elements;
      }
      case VALUE_STRING -> parser.getString();
      case VALUE_NULL -> null;
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> parser.getDoubleValue();
    };
  }

  private static Json object(JsonParser parser) {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    for (String name = parser.nextName(); name != null; name = parser.nextName()) {
      parser.nextToken();
      members.put(name, value(parser));
    }
    return new Json(members);
  }
}
