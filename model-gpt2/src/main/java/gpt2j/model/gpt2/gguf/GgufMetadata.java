package gpt2j.model.gpt2.gguf;

import gpt2j.model.gpt2.format.FormatException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The values at the beginning of a file, by their keys.
 *
 * @param values in the order of the file
 */
record GgufMetadata(Map<String, GgufValue> values) {
  boolean has(String key) {
    return values.containsKey(key);
  }

  /** A text. */
  Optional<String> text(String key) {
    return switch (values.get(key)) {
      case null -> Optional.empty();
      case GgufValue.Text(String value) -> Optional.of(value);
      case GgufValue other -> throw wrong(key, "a string", other);
    };
  }

  /** A number that isn't negative. */
  OptionalInt size(String key) {
    return switch (values.get(key)) {
      case null -> OptionalInt.empty();
      case GgufValue.Whole(long value) when value >= 0 && value <= Integer.MAX_VALUE ->
          OptionalInt.of((int) value);
      case GgufValue other -> throw wrong(key, "an integer from 0 to " + Integer.MAX_VALUE, other);
    };
  }

  /** The same, which must be there. */
  int requiredSize(String key) {
    return size(key).orElseThrow(() -> new FormatException(key + " is missing"));
  }

  /** A number with a fraction. */
  Optional<Double> real(String key) {
    return switch (values.get(key)) {
      case null -> Optional.empty();
      case GgufValue.Real(double value) -> Optional.of(value);
      case GgufValue other -> throw wrong(key, "a floating-point number", other);
    };
  }

  boolean flag(String key, boolean usual) {
    return switch (values.get(key)) {
      case null -> usual;
      case GgufValue.Flag(boolean value) -> value;
      case GgufValue other -> throw wrong(key, "a boolean", other);
    };
  }

  Optional<List<String>> texts(String key) {
    return switch (values.get(key)) {
      case null -> Optional.empty();
      case GgufValue.Texts(List<String> texts) -> Optional.of(texts);
      case GgufValue other -> throw wrong(key, "an array of strings", other);
    };
  }

  Optional<List<Integer>> wholes(String key) {
    return switch (values.get(key)) {
      case null -> Optional.empty();
      case GgufValue.Wholes(List<Integer> wholes) -> Optional.of(wholes);
      case GgufValue other -> throw wrong(key, "an array of integers of 32 bits", other);
    };
  }

  private static FormatException wrong(String key, String kind, GgufValue value) {
    String given =
        switch (value) {
          case GgufValue.Whole(long whole) -> Long.toUnsignedString(whole);
          case GgufValue.Real(double real) -> Double.toString(real);
          case GgufValue.Flag(boolean flag) -> Boolean.toString(flag);
          case GgufValue.Text _ -> "a string";
          case GgufValue.Texts _ -> "an array of strings";
          case GgufValue.Wholes _ -> "an array of integers";
          case GgufValue.Other(String other) -> other;
        };
    return new FormatException("%s must be %s, not %s".formatted(key, kind, given));
  }
}
