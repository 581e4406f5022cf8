package gpt2j.bench.result.json;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
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
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Makes records of JSON. It is done here and not by the library, whose messages speak of classes
 * and of its own settings: these name the field by its path, and say what it must be.
 */
public final class JsonRecords {
  private static final Set<Class<?>> EMPTY_AS_NULL =
      Set.of(Optional.class, OptionalInt.class, OptionalLong.class, OptionalDouble.class);

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
      throw new IllegalArgumentException(
          (path.isEmpty() ? "" : path + " ") + "must be a JSON object");
    }
    return type.cast(new JsonRecords(chosen).record(json, type, path));
  }

  /** A value that isn't in a record, as {@link #read} makes those that are. */
  public static <T> T value(JsonNode json, Class<T> type, String path) {
    if (json.isMissingNode()) {
      throw new IllegalArgumentException(path + " is missing");
    }
    return type.cast(new JsonRecords(Map.of()).value(json, (Type) type, path));
  }

  private Object record(JsonNode json, Class<?> type, String path) {
    RecordComponent[] components = type.getRecordComponents();
    Set<String> names =
        Arrays.stream(components).map(JsonRecords::name).collect(Collectors.toSet());
    for (RecordComponent component : components) {
      if (!json.has(name(component))) {
        throw new IllegalArgumentException(in(path, name(component)) + " is missing");
      }
    }
    for (String name : json.propertyNames()) {
      if (!names.contains(name)) {
        throw new IllegalArgumentException(in(path, JsonValues.shown(name)) + " is unknown");
      }
    }
    @Nullable Object[] values =
        Arrays.stream(components)
            .map(c -> component(json.get(name(c)), c, in(path, name(c))))
            .toArray();
    return create(type, components, values, path);
  }

  /** What a record's constructor refuses begins with the name of the field. */
  private static Object create(
      Class<?> type, RecordComponent[] components, @Nullable Object[] values, String path) {
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      return type.getConstructor(types).newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException refused) {
        throw new IllegalArgumentException(in(path, refused.getMessage()), refused);
      }
      throw new IllegalStateException(type + " can't be made", e);
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
    if (json.isNull() && !EMPTY_AS_NULL.contains(raw(type))) {
      throw new IllegalArgumentException(path + " is null");
    }
    if (type instanceof ParameterizedType of) {
      Type[] parts = of.getActualTypeArguments();
      return switch (raw(type).getSimpleName()) {
        case "List" -> list(json, parts[0], path);
        case "Map" -> map(json, parts[0], parts[1], path);
        case "Optional" ->
            json.isNull() ? Optional.empty() : Optional.of(value(json, parts[0], path));
        default -> throw new IllegalStateException(type + " can't be read");
      };
    }
    Class<?> of = chosen.getOrDefault(raw(type), raw(type));
    if (of.isRecord()) {
      if (!json.isObject()) {
        throw JsonValues.mustBe(path, "an object", json);
      }
      return record(json, of, path);
    }
    return JsonValues.of(json, of, path);
  }

  private static Class<?> raw(Type type) {
    return (Class<?>) (type instanceof ParameterizedType of ? of.getRawType() : type);
  }

  private List<Object> list(JsonNode json, Type part, String path) {
    if (!json.isArray()) {
      throw JsonValues.mustBe(path, "a list", json);
    }
    List<Object> values = new ArrayList<>(json.size());
    for (int i = 0; i < json.size(); i++) {
      values.add(value(json.get(i), part, path + "[" + i + "]"));
    }
    return values;
  }

  private Map<Object, Object> map(JsonNode json, Type names, Type part, String path) {
    if (!json.isObject()) {
      throw JsonValues.mustBe(path, "an object", json);
    }
    Map<Object, Object> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : json.properties()) {
      Object name = JsonValues.name(entry.getKey(), raw(names), "a name in " + path);
      values.put(name, value(entry.getValue(), part, in(path, entry.getKey())));
    }
    return values;
  }

  private static String name(RecordComponent component) {
    return component.getName().replaceAll("[A-Z]", "_$0").toLowerCase(Locale.ROOT);
  }

  private static String in(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }
}
