package gpt2j.bench.report;

import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Names and values of a record, for people. Records within are spread out. */
final class RecordText {
  private RecordText() {}

  /** The record's parts in order, without those that are empty. */
  static Map<String, String> of(Record settings) {
    Map<String, String> all = new LinkedHashMap<>();
    for (RecordComponent component : settings.getClass().getRecordComponents()) {
      Object value = value(component, settings);
      if (value instanceof Record inner) {
        all.putAll(of(inner));
      } else {
        String text = text(value);
        if (!text.isEmpty()) {
          all.put(words(component.getName()), text);
        }
      }
    }
    return all;
  }

  private static @Nullable Object value(RecordComponent component, Record of) {
    try {
      return component.getAccessor().invoke(of);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e); // accessors of our public records
    }
  }

  private static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "";
      case OptionalInt i -> i.isPresent() ? Integer.toString(i.getAsInt()) : "";
      case OptionalLong i -> i.isPresent() ? Long.toString(i.getAsLong()) : "";
      case Optional<?> o -> o.map(RecordText::text).orElse("");
      case Collection<?> list ->
          list.stream().map(RecordText::text).collect(Collectors.joining(", "));
      case Enum<?> constant -> constant.name().toLowerCase(Locale.ROOT);
      default -> value.toString();
    };
  }

  /** {@code promptTokens} → {@code Prompt tokens}. */
  private static String words(String name) {
    String spaced = name.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT);
    return Character.toUpperCase(spaced.charAt(0)) + spaced.substring(1);
  }
}
