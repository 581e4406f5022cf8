package gpt2j.model.gpt2.checkpoint;

import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.json.JsonException;
import gpt2j.model.gpt2.json.JsonValue;
import gpt2j.model.gpt2.json.JsonValue.JsonArray;
import gpt2j.model.gpt2.json.JsonValue.JsonBoolean;
import gpt2j.model.gpt2.json.JsonValue.JsonNull;
import gpt2j.model.gpt2.json.JsonValue.JsonNumber;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The fields of a JSON file. A field of the wrong kind becomes a problem, an absent one doesn't.
 */
final class JsonFields {
  private final String file;
  private final Map<String, JsonValue> members;
  private final List<String> problems;

  private JsonFields(String file, Map<String, JsonValue> members, List<String> problems) {
    this.file = file;
    this.members = members;
    this.problems = problems;
  }

  /**
   * The fields of {@code text}, or a problem and nothing.
   *
   * @param problems where problems go, each with the file's name
   */
  static Optional<JsonFields> parse(String file, byte[] text, List<String> problems) {
    try {
      return Optional.of(new JsonFields(file, Json.readObject(text).members(), problems));
    } catch (JsonException e) {
      problems.add(file + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  Map<String, JsonValue> members() {
    return members;
  }

  /** The same fields, those that are null counting as absent. */
  JsonFields withoutNulls() {
    Map<String, JsonValue> present = new LinkedHashMap<>(members);
    present.values().removeIf(JsonNull.class::isInstance);
    return new JsonFields(file, present, problems);
  }

  void problem(String problem) {
    problems.add(file + ": " + problem);
  }

  /** A number from 1 to {@code max}. */
  OptionalInt size(String name, int max) {
    JsonValue value = members.get(name);
    if (value == null) {
      return OptionalInt.empty();
    }
    OptionalLong number = integer(value);
    if (number.isEmpty() || number.getAsLong() < 1 || number.getAsLong() > max) {
      problem("%s must be an integer from 1 to %d, not %s".formatted(name, max, value));
      return OptionalInt.empty();
    }
    return OptionalInt.of((int) number.getAsLong());
  }

  /** A number from 1 to {@code max} that goes by two names. */
  OptionalInt size(String name, String secondName, int max) {
    OptionalInt first = size(name, max);
    OptionalInt second = size(secondName, max);
    if (first.isPresent() && second.isPresent() && !first.equals(second)) {
      problem(
          "%s is %d, but %s, which means the same, is %d"
              .formatted(name, first.getAsInt(), secondName, second.getAsInt()));
    }
    return first.isPresent() ? first : second;
  }

  OptionalDouble number(String name) {
    JsonValue value = members.get(name);
    if (value == null) {
      return OptionalDouble.empty();
    }
    if (value instanceof JsonNumber number) {
      return OptionalDouble.of(number.number());
    }
    problem("%s must be a number, not %s".formatted(name, value));
    return OptionalDouble.empty();
  }

  Optional<Boolean> flag(String name) {
    JsonValue value = members.get(name);
    if (value == null) {
      return Optional.empty();
    }
    if (value instanceof JsonBoolean(boolean flag)) {
      return Optional.of(flag);
    }
    problem("%s must be true or false, not %s".formatted(name, value));
    return Optional.empty();
  }

  /** A token, a list of tokens, or null, which is no token. */
  Optional<List<Integer>> tokens(String name) {
    JsonValue value = members.get(name);
    List<JsonValue> elements =
        switch (value) {
          case null -> null;
          case JsonNull _ -> List.of();
          case JsonArray(List<JsonValue> several) -> several;
          default -> List.of(value);
        };
    if (elements == null) {
      return Optional.empty();
    }
    List<Integer> tokens = new ArrayList<>();
    for (JsonValue element : elements) {
      OptionalLong number = integer(element);
      if (number.isEmpty() || (int) number.getAsLong() != number.getAsLong()) {
        problem("%s must be a token or a list of tokens, not %s".formatted(name, element));
        return Optional.empty();
      }
      tokens.add((int) number.getAsLong());
    }
    return Optional.of(tokens);
  }

  private static OptionalLong integer(JsonValue value) {
    return value instanceof JsonNumber number ? number.integer() : OptionalLong.empty();
  }
}
