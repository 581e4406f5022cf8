package gpt2j.model.gpt2.json;

import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A JSON document or a part of one. {@code toString} is short and one line, for messages. */
public sealed interface JsonValue {
  /**
   * The JSON of a number, a text, a choice, a flag, or a record, a list or a map of such, from
   * which {@link JsonRecords} makes it again. Numbers stay exactly what they are; a choice is its
   * name in lower case with hyphens.
   */
  static JsonValue of(@Nullable Object value) {
    return switch (value) {
      case null -> new JsonNull();
      case JsonValue json -> json;
      case Number number -> new JsonNumber(number.toString());
      case String text -> new JsonString(text);
      case Boolean flag -> new JsonBoolean(flag);
      case Enum<?> choice ->
          new JsonString(choice.name().toLowerCase(Locale.ROOT).replace('_', '-'));
      case Record values -> members(values);
      case List<?> elements -> new JsonArray(elements.stream().map(JsonValue::of).toList());
      case Map<?, ?> members -> {
        Map<String, JsonValue> all = new LinkedHashMap<>();
        members.forEach((name, member) -> all.put(name.toString(), of(member)));
        yield new JsonObject(all);
      }
      default -> throw new IllegalArgumentException("is no JSON value: " + value);
    };
  }

  private static JsonObject members(Record values) {
    Map<String, JsonValue> members = new LinkedHashMap<>();
    try {
      for (RecordComponent component : values.getClass().getRecordComponents()) {
        component.getAccessor().setAccessible(true);
        Object value = component.getAccessor().invoke(values);
        if (!(value instanceof Optional<?> optional)) {
          members.put(JsonRecords.name(component), of(value));
        } else if (optional.isPresent()) {
          members.put(JsonRecords.name(component), of(optional.get()));
        }
      }
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e); // accessors of records that this module knows
    }
    return new JsonObject(members);
  }

  /** A text without quotes, a number or a flag as it was written; nothing for anything else. */
  default Optional<String> plain() {
    return switch (this) {
      case JsonString(String text) -> Optional.of(text);
      case JsonNumber(String digits) -> Optional.of(digits);
      case JsonBoolean flag -> Optional.of(flag.toString());
      default -> Optional.empty();
    };
  }

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
