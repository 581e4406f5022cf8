package gpt2j.bench.result;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What Jackson lets pass and no record should have to look for: nulls in place of values, and texts
 * that no name can be. Wrong types, and what is missing or unknown, Jackson refuses.
 */
final class JsonCheck {
  private static final int LONGEST_TEXT = 4096; // characters: as long as a path may be
  private static final Set<Class<?>> EMPTY_AS_NULL =
      Set.of(Optional.class, OptionalInt.class, OptionalLong.class, OptionalDouble.class);

  private JsonCheck() {}

  /**
   * Goes through all of the JSON along the records' components.
   *
   * @throws IllegalArgumentException in words that follow the file's name and a colon
   */
  static void require(JsonNode json, Class<?> type) {
    if (json.isMissingNode()) {
      throw new IllegalArgumentException("is empty");
    }
    if (json.isNull()) {
      throw new IllegalArgumentException("is null");
    }
    require(json, subtype(json, type), "");
  }

  private static Class<?> subtype(JsonNode json, Class<?> type) {
    JsonSubTypes all = type.getAnnotation(JsonSubTypes.class);
    if (all != null) {
      String command = json.path("command").asString("");
      for (JsonSubTypes.Type each : all.value()) {
        if (each.name().equals(command)) {
          return each.value();
        }
      }
    }
    return type;
  }

  private static void require(JsonNode json, Type type, String path) {
    if (json.isNull()) {
      throw new IllegalArgumentException(path + " is null");
    }
    if (json.isString()) {
      requireText(json.stringValue(), path);
    } else if (type instanceof Class<?> of && of.isRecord() && json.isObject()) {
      for (RecordComponent component : of.getRecordComponents()) {
        String name = component.getName().replaceAll("[A-Z]", "_$0").toLowerCase(Locale.ROOT);
        JsonNode value = json.path(name);
        if (!value.isMissingNode() && !(value.isNull() && mayBeNull(component))) {
          require(value, component.getGenericType(), in(path, name));
        }
      }
    } else if (type instanceof ParameterizedType of) {
      requireParts(json, of, path);
    }
  }

  private static void requireParts(JsonNode json, ParameterizedType type, String path) {
    Type part = type.getActualTypeArguments()[type.getActualTypeArguments().length - 1];
    if (type.getRawType() == List.class && json.isArray()) {
      for (int i = 0; i < json.size(); i++) {
        require(json.get(i), part, "%s[%d]".formatted(path, i));
      }
    } else if (type.getRawType() == Map.class && json.isObject()) {
      for (Map.Entry<String, JsonNode> entry : json.properties()) {
        requireText(entry.getKey(), "a name in " + path);
        require(entry.getValue(), part, in(path, entry.getKey()));
      }
    } else if (type.getRawType() == Optional.class) {
      require(json, part, path);
    }
  }

  private static boolean mayBeNull(RecordComponent component) {
    AnnotatedElement type = component.getAnnotatedType();
    return EMPTY_AS_NULL.contains(component.getType()) || type.isAnnotationPresent(Nullable.class);
  }

  private static void requireText(String text, String path) {
    if (text.length() > LONGEST_TEXT) {
      throw new IllegalArgumentException(
          "%s has %d characters, more than %d".formatted(path, text.length(), LONGEST_TEXT));
    }
    if (text.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(path + " has control characters");
    }
  }

  private static String in(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }
}
