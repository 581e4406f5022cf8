package gpt2j.model.gpt2.json;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** A JSON document or a part of one. {@code toString} is short and one line, for messages. */
public sealed interface JsonValue {

  /** Whether it is null, false, 0, or has no characters, elements or members. */
  default boolean isEmpty() {
    return switch (this) {
      case JsonObject(Map<String, JsonValue> members) -> members.isEmpty();
      case JsonArray(List<JsonValue> elements) -> elements.isEmpty();
      case JsonString(String value) -> value.isEmpty();
      case JsonNumber number -> number.number() == 0;
      case JsonBoolean(boolean value) -> !value;
      case JsonNull _ -> true;
    };
  }

  /** Members in the order of the document. */
  record JsonObject(Map<String, JsonValue> members) implements JsonValue {
    @Override
    public String toString() {
      return members.isEmpty() ? "{}" : "{…}";
    }
  }

  record JsonArray(List<JsonValue> elements) implements JsonValue {
    @Override
    public String toString() {
      return elements.isEmpty() ? "[]" : "[…]";
    }
  }

  record JsonString(String value) implements JsonValue {
    @Override
    public String toString() {
      return '"' + Json.printable(value) + '"';
    }
  }

  /** A number as it was written, since neither a long nor a double holds every number. */
  record JsonNumber(String text) implements JsonValue {
    /** The value, when it was written as an integer and is one of 64 bits. */
    public OptionalLong integer() {
      try {
        return OptionalLong.of(Long.parseLong(text));
      } catch (NumberFormatException notAnInteger) {
        return OptionalLong.empty();
      }
    }

    /** The nearest double; beyond its range, an infinity. */
    public double number() {
      return Double.parseDouble(text);
    }

    @Override
    public String toString() {
      return Json.printable(text);
    }
  }

  record JsonBoolean(boolean value) implements JsonValue {
    @Override
    public String toString() {
      return Boolean.toString(value);
    }
  }

  record JsonNull() implements JsonValue {
    @Override
    public String toString() {
      return "null";
    }
  }
}
