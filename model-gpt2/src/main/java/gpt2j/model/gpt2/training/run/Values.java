package gpt2j.model.gpt2.training.run;

import gpt2j.model.gpt2.json.JsonValue;
import gpt2j.model.gpt2.json.JsonValue.JsonNumber;
import gpt2j.model.gpt2.json.JsonValue.JsonString;
import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The values of records as the members of a JSON object. */
final class Values {
  private Values() {}

  /** Throws {@link IllegalArgumentException} when something isn't as it must be. */
  static void check(boolean fits, String message, Object... values) {
    if (!fits) {
      throw new IllegalArgumentException(message.formatted(values));
    }
  }

  /**
   * The numbers and choices of a record and of the records in it, each under its name in snake
   * case. A choice is its name.
   */
  static Map<String, Object> of(Record values) {
    Map<String, Object> members = new LinkedHashMap<>();
    for (RecordComponent component : values.getClass().getRecordComponents()) {
      switch (value(component, values)) {
        case Record inner -> members.putAll(of(inner));
        case Number number -> members.put(name(component), number);
        case Enum<?> choice -> members.put(name(component), name(choice));
        case Object other ->
            throw new IllegalArgumentException(name(component) + " is no value: " + other);
      }
    }
    return members;
  }

  /** Numbers as text, which is exact: a float stays the float it was. */
  static Map<String, JsonValue> toJson(Map<String, Object> values) {
    Map<String, JsonValue> json = new LinkedHashMap<>();
    values.forEach(
        (name, value) ->
            json.put(
                name,
                value instanceof Number
                    ? new JsonNumber(value.toString())
                    : new JsonString(value.toString())));
    return json;
  }

  private static Object value(RecordComponent component, Record values) {
    try {
      return component.getAccessor().invoke(values);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e); // accessors of records that this module knows
    }
  }

  /** The name of a choice: in lower case, with hyphens. */
  static String name(Enum<?> choice) {
    return choice.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String name(RecordComponent component) {
    return component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }
}
