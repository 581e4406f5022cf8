package gpt2j.bench.result.json;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Makes records of JSON. It is done here and not by the library, whose messages speak of classes
 * and of its own settings: these name the field by its path, and say what it must be.
 */
public final class JsonRecords {
  private static final int LONGEST_TEXT = 4096; // characters: as long as a path may be
  private static final int LONGEST_SHOWN = 60;

  private final Map<Class<?>, Class<?>> chosen;

  private JsonRecords(Map<Class<?>, Class<?>> chosen) {
    this.chosen = chosen;
  }

  /**
   * A record of the JSON.
   *
   * @param path of the JSON within its file; empty for all of it
   * @throws IllegalArgumentException in words that follow the file's name and a colon
   */
  public static <T> T read(JsonNode json, Class<T> type, String path) {
    return read(json, type, path, Map.of());
  }

  /**
   * The same.
   *
   * @param chosen which records to make where a component is an interface
   */
  public static <T> T read(
      JsonNode json, Class<T> type, String path, Map<Class<?>, Class<?>> chosen) {
    if (!json.isObject()) {
      throw wrong((path.isEmpty() ? "" : path + " ") + "must be a JSON object");
    }
    return type.cast(new JsonRecords(chosen).record(json, type, path));
  }

  /** A value that isn't in a record, as {@link #read} makes those that are. */
  public static <T> T value(JsonNode json, Class<T> type, String path) {
    if (json.isMissingNode()) {
      throw wrong(path + " is missing");
    }
    return type.cast(new JsonRecords(Map.of()).value(json, (Type) type, path));
  }

  private static IllegalArgumentException wrong(String format, Object... values) {
    return new IllegalArgumentException(values.length == 0 ? format : format.formatted(values));
  }

  private Object record(JsonNode json, Class<?> type, String path) {
    RecordComponent[] components = type.getRecordComponents();
    List<String> names = Arrays.stream(components).map(JsonRecords::name).toList();
    for (String name : names) {
      if (!json.has(name)) {
        throw wrong(in(path, name) + " is missing");
      }
    }
    for (String name : json.propertyNames()) {
      if (!names.contains(name)) {
        throw wrong(in(path, shown(name)) + " is unknown");
      }
    }
    @Nullable Object[] values =
        Arrays.stream(components)
            .map(c -> component(json.get(name(c)), c, in(path, name(c))))
            .toArray();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      return type.getConstructor(types).newInstance(values);
    } catch (InvocationTargetException e) {
      // What a record's constructor refuses begins with the name of the field.
      throw e.getCause() instanceof IllegalArgumentException refused
          ? new IllegalArgumentException(in(path, refused.getMessage()), refused)
          : new IllegalStateException(type + " can't be made", e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type + " can't be made", e);
    }
  }

  private @Nullable Object component(JsonNode json, RecordComponent of, String path) {
    return json.isNull() && of.isAnnotationPresent(MayBeNull.class)
        ? null
        : value(json, of.getGenericType(), path);
  }

  private Object value(JsonNode json, Type type, String path) {
    Class<?> raw = raw(type);
    Class<?> of = chosen.getOrDefault(raw, raw);
    if (json.isNull() && !of.getSimpleName().startsWith("Optional")) {
      throw wrong(path + " is null");
    }
    if (of.isEnum()) {
      return constant(text(json, path), of, path);
    }
    if (of.isRecord()) {
      return record(require(json.isObject(), json, path, "an object"), of, path);
    }
    return switch (of.getSimpleName()) {
      case "List" -> list(json, part(type, 0), path);
      case "Map" -> map(json, part(type, 0), part(type, 1), path);
      case "int", "Integer" -> (int) whole(json, Integer.MIN_VALUE, Integer.MAX_VALUE, path);
      case "long", "Long" -> whole(json, Long.MIN_VALUE, Long.MAX_VALUE, path);
      case "double", "Double" -> number(json, path);

      case "boolean", "Boolean" ->
          require(json.isBoolean(), json, path, "true or false").booleanValue();
      case "String" -> text(json, path);
      case "Instant" -> instant(json, path);
      case "OptionalInt" ->
          json.isNull()
              ? OptionalInt.empty()
              : OptionalInt.of((int) whole(json, Integer.MIN_VALUE, Integer.MAX_VALUE, path));
      case "OptionalLong" ->
          json.isNull()
              ? OptionalLong.empty()
              : OptionalLong.of(whole(json, Long.MIN_VALUE, Long.MAX_VALUE, path));
      case "OptionalDouble" ->
          json.isNull() ? OptionalDouble.empty() : OptionalDouble.of(number(json, path));
      default -> throw new IllegalStateException(type + " can't be read");
    };
  }

  private static Class<?> raw(Type type) {
    return (Class<?>) (type instanceof ParameterizedType of ? of.getRawType() : type);
  }

  private static Type part(Type type, int index) {
    return ((ParameterizedType) type).getActualTypeArguments()[index];
  }

  private List<Object> list(JsonNode json, Type part, String path) {
    require(json.isArray(), json, path, "a list");
    List<Object> values = new ArrayList<>(json.size());
    for (int i = 0; i < json.size(); i++) {
      values.add(value(json.get(i), part, path + "[" + i + "]"));
    }
    return values;
  }

  private Map<Object, Object> map(JsonNode json, Type names, Type part, String path) {
    require(json.isObject(), json, path, "an object");
    Map<Object, Object> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : json.properties()) {
      String where = "a name in " + path;
      Object name =
          raw(names).isEnum()
              ? constant(entry.getKey(), raw(names), where)
              : fit(entry.getKey(), where);
      values.put(name, value(entry.getValue(), part, in(path, entry.getKey())));
    }
    return values;
  }

  private static long whole(JsonNode json, long least, long most, String path) {
    BigInteger value =
        require(json.isIntegralNumber(), json, path, "a whole number").bigIntegerValue();
    boolean fits =
        value.compareTo(BigInteger.valueOf(least)) >= 0
            && value.compareTo(BigInteger.valueOf(most)) <= 0;
    require(fits, json, path, "a whole number from %d to %d".formatted(least, most));
    return value.longValueExact();
  }

  /** JSON has no word for what isn't finite, so it is written as a text. */
  private static double number(JsonNode json, String path) {
    if (json.isString() && json.stringValue().matches("NaN|-?Infinity")) {
      return Double.parseDouble(json.stringValue());
    }
    require(json.isNumber(), json, path, "a number");
    double value = json.isBigDecimal() ? json.decimalValue().doubleValue() : json.asDouble();
    if (!Double.isFinite(value)) {
      throw wrong(path + " must be a number of at most 308 digits");
    }
    return value;
  }

  private static Instant instant(JsonNode json, String path) {
    try {
      return Instant.parse(text(json, path));
    } catch (DateTimeException e) {
      throw mustBe(path, "a time such as 2026-01-02T03:04:05Z", json);
    }
  }

  /** A text that a name can be. */
  private static String text(JsonNode json, String path) {
    return fit(require(json.isString(), json, path, "a text").stringValue(), path);
  }

  private static String fit(String text, String path) {
    if (text.length() > LONGEST_TEXT) {
      throw wrong("%s has %d characters, more than %d", path, text.length(), LONGEST_TEXT);
    }
    if (text.chars().anyMatch(Character::isISOControl)) {
      throw wrong(path + " has control characters");
    }
    return text;
  }

  private static Object constant(String text, Class<?> type, String path) {
    Object[] all = type.getEnumConstants();
    return Arrays.stream(all)
        .filter(constant -> ((Enum<?>) constant).name().equalsIgnoreCase(text))
        .findFirst()
        .orElseThrow(
            () ->
                wrong(
                    "%s must be one of %s, not \"%s\"",
                    path,
                    Arrays.stream(all)
                        .map(c -> ((Enum<?>) c).name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(", ")),
                    shown(text)));
  }

  private static JsonNode require(boolean holds, JsonNode json, String path, String what) {
    if (!holds) {
      throw mustBe(path, what, json);
    }
    return json;
  }

  /** That a value isn't what it must be, and what it is. */
  private static IllegalArgumentException mustBe(String path, String what, JsonNode json) {
    String is =
        switch (json.getNodeType()) {
          case ARRAY -> "a list";
          case OBJECT -> "an object";
          case STRING -> "\"" + shown(json.stringValue()) + "\"";
          case NUMBER -> shown(digits(json));
          default -> json.asString();
        };
    return wrong("%s must be %s, not %s", path, what, is);
  }

  /** Without writing out what has more digits than fit anywhere. */
  private static String digits(JsonNode json) {
    BigDecimal value = json.isFloat() || json.isDouble() ? null : json.decimalValue();
    return value == null || Math.abs((long) value.scale()) > LONGEST_SHOWN
        ? Double.toString(json.asDouble())
        : value.toString();
  }

  /** A text of a file as a message shows it: in one line, cut when long. */
  private static String shown(String text) {
    String line = text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]", "\uFFFD");
    return line.length() > LONGEST_SHOWN ? line.substring(0, LONGEST_SHOWN) + "…" : line;
  }

  private static String name(RecordComponent component) {
    return component.getName().replaceAll("[A-Z]", "_$0").toLowerCase(Locale.ROOT);
  }

  private static String in(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }
}
