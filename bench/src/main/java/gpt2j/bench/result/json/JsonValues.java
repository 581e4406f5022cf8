package gpt2j.bench.result.json;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** Makes numbers, texts and names of JSON, or says by its path what a value must be. */
final class JsonValues {
  private static final int LONGEST_TEXT = 4096; // characters: as long as a path may be
  private static final int LONGEST_SHOWN = 60;

  private JsonValues() {}

  /**
   * A value of a type.
   *
   * @throws IllegalArgumentException in words that follow the file's name and a colon
   */
  static Object of(JsonNode json, Class<?> type, String path) {
    if (type.isEnum()) {
      return constant(text(json, path), type, path);
    }
    return switch (type.getSimpleName()) {
      case "int", "Integer" -> (int) whole(json, Integer.MIN_VALUE, Integer.MAX_VALUE, path);
      case "long", "Long" -> whole(json, Long.MIN_VALUE, Long.MAX_VALUE, path);
      case "double", "Double" -> number(json, path);
      case "boolean", "Boolean" -> truth(json, path);
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

  /** A name within an object whose names are values. */
  static Object name(String name, Class<?> type, String path) {
    return type.isEnum() ? constant(name, type, path) : fit(name, path);
  }

  private static long whole(JsonNode json, long least, long most, String path) {
    if (!json.isIntegralNumber()) {
      throw mustBe(path, "a whole number", json);
    }
    BigInteger value = json.bigIntegerValue();
    if (value.compareTo(BigInteger.valueOf(least)) < 0
        || value.compareTo(BigInteger.valueOf(most)) > 0) {
      throw mustBe(path, "a whole number from %d to %d".formatted(least, most), json);
    }
    return value.longValueExact();
  }

  /** JSON has no word for what isn't finite, so it is written as a text. */
  private static double number(JsonNode json, String path) {
    if (json.isString()) {
      switch (json.stringValue()) {
        case "NaN":
          return Double.NaN;
        case "Infinity":
          return Double.POSITIVE_INFINITY;
        case "-Infinity":
          return Double.NEGATIVE_INFINITY;
        default:
          break;
      }
    }
    if (!json.isNumber()) {
      throw mustBe(path, "a number", json);
    }
    double value = json.isBigDecimal() ? json.decimalValue().doubleValue() : json.asDouble();
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(path + " must be a number of at most 308 digits");
    }
    return value;
  }

  private static boolean truth(JsonNode json, String path) {
    if (!json.isBoolean()) {
      throw mustBe(path, "true or false", json);
    }
    return json.booleanValue();
  }

  private static Instant instant(JsonNode json, String path) {
    try {
      return Instant.parse(text(json, path));
    } catch (DateTimeException e) {
      throw mustBe(path, "a time such as 2026-01-02T03:04:05Z", json);
    }
  }

  /** A text that a name can be. */
  static String text(JsonNode json, String path) {
    if (!json.isString()) {
      throw mustBe(path, "a text", json);
    }
    return fit(json.stringValue(), path);
  }

  private static String fit(String text, String path) {
    if (text.length() > LONGEST_TEXT) {
      throw new IllegalArgumentException(
          "%s has %d characters, more than %d".formatted(path, text.length(), LONGEST_TEXT));
    }
    if (text.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(path + " has control characters");
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
                new IllegalArgumentException(
                    "%s must be one of %s, not \"%s\""
                        .formatted(
                            path,
                            Arrays.stream(all)
                                .map(c -> ((Enum<?>) c).name().toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(", ")),
                            shown(text))));
  }

  /** That a value isn't what it must be, and what it is. */
  static IllegalArgumentException mustBe(String path, String what, JsonNode json) {
    String is =
        switch (json.getNodeType()) {
          case ARRAY -> "a list";
          case OBJECT -> "an object";
          case STRING -> "\"" + shown(json.stringValue()) + "\"";
          case NUMBER -> shown(digits(json));
          default -> json.asString();
        };
    return new IllegalArgumentException("%s must be %s, not %s".formatted(path, what, is));
  }

  /** Without writing out what has more digits than fit anywhere. */
  private static String digits(JsonNode json) {
    BigDecimal value = json.isFloat() || json.isDouble() ? null : json.decimalValue();
    return value == null || Math.abs((long) value.scale()) > LONGEST_SHOWN
        ? Double.toString(json.asDouble())
        : value.toString();
  }

  /** A text of a file as a message shows it: in one line, cut when long. */
  static String shown(String text) {
    String line = text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]", "\uFFFD");
    return line.length() > LONGEST_SHOWN ? line.substring(0, LONGEST_SHOWN) + "…" : line;
  }
}
