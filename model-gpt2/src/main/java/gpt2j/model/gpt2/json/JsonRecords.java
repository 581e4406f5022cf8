package gpt2j.model.gpt2.json;

import gpt2j.model.gpt2.json.JsonValue.JsonArray;
import gpt2j.model.gpt2.json.JsonValue.JsonBoolean;
import gpt2j.model.gpt2.json.JsonValue.JsonNull;
import gpt2j.model.gpt2.json.JsonValue.JsonNumber;
import gpt2j.model.gpt2.json.JsonValue.JsonObject;
import gpt2j.model.gpt2.json.JsonValue.JsonString;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes records of JSON. What is wrong is said of the field by its path, with what it must be.
 *
 * <p>A record is an object with a member for each component, under its name in snake case; one that
 * is an {@link Optional} may be missing, and what is a {@link JsonValue} is taken as it is.
 */
public final class JsonRecords {
  private static final int LONGEST_TEXT = 4096; // characters: as long as a path may be

  private final Map<Class<?>, Class<?>> chosen;

  private JsonRecords(Map<Class<?>, Class<?>> chosen) {
    this.chosen = chosen;
  }

  /**
   * A record of the JSON.
   *
   * @param path of the JSON within its file; empty for all of it
   * @throws JsonException in words that follow the file's name and a colon
   */
  public static <T> T read(JsonValue json, Class<T> type, String path) {
    return read(json, type, path, Map.of());
  }

  /**
   * The same.
   *
   * @param chosen which records to make where a component is an interface
   */
  public static <T> T read(
      JsonValue json, Class<T> type, String path, Map<Class<?>, Class<?>> chosen) {
    if (json instanceof JsonObject object) {
      return type.cast(new JsonRecords(chosen).record(object, type, path));
    }
    throw new JsonException((path.isEmpty() ? "" : path + " ") + "must be a JSON object");
  }

  /** A value that isn't in a record, as {@link #read} makes those that are. */
  public static <T> T value(@Nullable JsonValue json, Class<T> type, String path) {
    if (json == null) {
      throw new JsonException(path + " is missing");
    }
    return type.cast(new JsonRecords(Map.of()).value(json, (Type) type, path));
  }

  private Object record(JsonObject json, Class<?> type, String path) {
    RecordComponent[] components = type.getRecordComponents();
    List<String> names = Arrays.stream(components).map(JsonRecords::name).toList();
    for (RecordComponent component : components) {
      String name = name(component);
      if (!json.members().containsKey(name) && component.getType() != Optional.class) {
        throw new JsonException(in(path, name) + " is missing");
      }
    }
    @Nullable Object[] values =
        Arrays.stream(components)
            .map(c -> component(json.members().get(name(c)), c, in(path, name(c))))
            .toArray();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true); // of records that their package has for itself
      Object made = constructor.newInstance(values);
      for (String name : json.members().keySet()) {
        if (!names.contains(name)) {
          throw new JsonException(in(path, Json.printable(name)) + " is unknown");
        }
      }
      return made;
    } catch (InvocationTargetException e) {
      // What a record's constructor refuses begins with the name of the field.
      throw e.getCause() instanceof IllegalArgumentException refused
          ? new JsonException(in(path, refused.getMessage()), refused)
          : new IllegalStateException(type + " can't be made", e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type + " can't be made", e);
    }
  }

  private @Nullable Object component(@Nullable JsonValue json, RecordComponent of, String path) {
    if (of.getType() == Optional.class) {
      Type part = part(of.getGenericType(), 0);
      return Optional.ofNullable(json).map(present -> value(present, part, path));
    }
    return json == null || json instanceof JsonNull && of.isAnnotationPresent(MayBeNull.class)
        ? null
        : value(json, of.getGenericType(), path);
  }

  private Object value(JsonValue json, Type type, String path) {
    Class<?> raw = raw(type);
    Class<?> of = chosen.getOrDefault(raw, raw);
    if (of == JsonValue.class) {
      return json;
    }
    if (json instanceof JsonNull && !of.getSimpleName().startsWith("Optional")) {
      throw new JsonException(path + " is null");
    }
    if (of.isEnum()) {
      return constant(text(json, path), of, path);
    }
    if (of.isRecord()) {
      return record(object(json, path), of, path);
    }
    return switch (of.getSimpleName()) {
      case "List" -> list(json, part(type, 0), path);
      case "Map" -> map(json, part(type, 0), part(type, 1), path);
      case "int", "Integer" -> (int) whole(json, Integer.MIN_VALUE, Integer.MAX_VALUE, path);
      case "long", "Long" -> whole(json, Long.MIN_VALUE, Long.MAX_VALUE, path);
      case "double", "Double" -> number(json, path);
      case "boolean", "Boolean" ->
          json instanceof JsonBoolean(boolean flag) ? flag : mustBe(path, "true or false", json);
      case "String" -> text(json, path);
      case "Instant" -> instant(json, path);
      case "OptionalInt" ->
          json instanceof JsonNull
              ? OptionalInt.empty()
              : OptionalInt.of((int) whole(json, Integer.MIN_VALUE, Integer.MAX_VALUE, path));
      case "OptionalLong" ->
          json instanceof JsonNull
              ? OptionalLong.empty()
              : OptionalLong.of(whole(json, Long.MIN_VALUE, Long.MAX_VALUE, path));
      case "OptionalDouble" ->
          json instanceof JsonNull ? OptionalDouble.empty() : OptionalDouble.of(number(json, path));
      default -> throw new IllegalStateException(type + " can't be read");
    };
  }

  private static Class<?> raw(Type type) {
    return (Class<?>) (type instanceof ParameterizedType of ? of.getRawType() : type);
  }

  private static Type part(Type type, int index) {
    return ((ParameterizedType) type).getActualTypeArguments()[index];
  }

  private List<Object> list(JsonValue json, Type part, String path) {
    if (!(json instanceof JsonArray(List<JsonValue> elements))) {
      return mustBe(path, "a list", json);
    }
    List<Object> values = new ArrayList<>(elements.size());
    for (JsonValue element : elements) {
      values.add(value(element, part, path + "[" + values.size() + "]"));
    }
    return values;
  }

  private Map<Object, Object> map(JsonValue json, Type names, Type part, String path) {
    Map<Object, Object> values = new LinkedHashMap<>();
    object(json, path)
        .members()
        .forEach(
            (member, value) -> {
              String where = "a name in " + path;
              Object name =
                  raw(names).isEnum() ? constant(member, raw(names), where) : fit(member, where);
              values.put(name, value(value, part, in(path, member)));
            });
    return values;
  }

  private static JsonObject object(JsonValue json, String path) {
    return json instanceof JsonObject object ? object : mustBe(path, "an object", json);
  }

  private static long whole(JsonValue json, long least, long most, String path) {
    if (!(json instanceof JsonNumber number)) {
      return JsonRecords.<Long>mustBe(path, "a whole number", json);
    }
    OptionalLong value = number.integer();
    if (value.isPresent() && value.getAsLong() >= least && value.getAsLong() <= most) {
      return value.getAsLong();
    }
    boolean isWhole = number.text().matches("-?[0-9]+");
    String range = isWhole ? " from %d to %d".formatted(least, most) : "";
    return JsonRecords.<Long>mustBe(path, "a whole number" + range, json);
  }

  /** JSON has no word for what isn't finite, so it is written as a text. */
  private static double number(JsonValue json, String path) {
    if (json instanceof JsonString(String text) && text.matches("NaN|-?Infinity")) {
      return Double.parseDouble(text);
    }
    if (!(json instanceof JsonNumber number)) {
      return JsonRecords.<Double>mustBe(path, "a number", json);
    }
    double value = number.number();
    if (!Double.isFinite(value)) {
      throw new JsonException(path + " must be a number of at most 308 digits");
    }
    return value;
  }

  private static Instant instant(JsonValue json, String path) {
    try {
      return Instant.parse(text(json, path));
    } catch (DateTimeException e) {
      return mustBe(path, "a time such as 2026-01-02T03:04:05Z", json);
    }
  }

  /** A text that a name can be. */
  private static String text(JsonValue json, String path) {
    return json instanceof JsonString(String text) ? fit(text, path) : mustBe(path, "a text", json);
  }

  private static String fit(String text, String path) {
    if (text.length() > LONGEST_TEXT) {
      throw new JsonException(
          "%s has %d characters, more than %d".formatted(path, text.length(), LONGEST_TEXT));
    }
    if (text.chars().anyMatch(Character::isISOControl)) {
      throw new JsonException(path + " has control characters");
    }
    return text;
  }

  private static Object constant(String text, Class<?> type, String path) {
    List<Enum<?>> all =
        Arrays.stream(type.getEnumConstants()).<Enum<?>>map(Enum.class::cast).toList();
    return all.stream()
        .filter(constant -> constant.name().equalsIgnoreCase(text.replace('-', '_')))
        .findFirst()
        .orElseThrow(
            () ->
                new JsonException(
                    "%s must be one of %s, not \"%s\""
                        .formatted(
                            path,
                            all.stream()
                                .map(constant -> constant.name().toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(", ")),
                            Json.printable(text))));
  }

  /** That a value isn't what it must be, and what it is. */
  private static <T> T mustBe(String path, String what, JsonValue json) {
    throw new JsonException("%s must be %s, not %s".formatted(path, what, json));
  }

  /**
   * For the constructors of records that are made here.
   *
   * @param message begins with the name of the field
   * @throws IllegalArgumentException when something isn't as it must be
   */
  public static void check(boolean fits, String message, Object... values) {
    if (!fits) {
      throw new IllegalArgumentException(message.formatted(values));
    }
  }

  /** The name of a component's member. */
  static String name(RecordComponent component) {
    return component.getName().replaceAll("[A-Z]", "_$0").toLowerCase(Locale.ROOT);
  }

  private static String in(String path, @Nullable String name) {
    return path.isEmpty() ? String.valueOf(name) : path + "." + name;
  }
}
