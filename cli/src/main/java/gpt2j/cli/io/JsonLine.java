package gpt2j.cli.io;

import java.io.StringWriter;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes JSON objects of one line. */
public final class JsonLine {
  private JsonLine() {}

  /** The object whose properties {@code properties} writes. */
  public static String of(Consumer<JsonGenerator> properties) {
    StringWriter line = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(ObjectWriteContext.empty(), line)) {
      json.writeStartObject();
      properties.accept(json);
      json.writeEndObject();
    }
    return line.toString();
  }

  /** A property that is a list of token ids. */
  public static void writeTokens(JsonGenerator json, String name, Iterable<Integer> tokens) {
    json.writeArrayPropertyStart(name);
    for (int token : tokens) {
      json.writeNumber(token);
    }
    json.writeEndArray();
  }

  /** A property that is a list of token ids. */
  public static void writeTokens(JsonGenerator json, String name, int... tokens) {
    writeTokens(json, name, IntStream.of(tokens).boxed()::iterator);
  }

  /** A property in milliseconds, to the microsecond. */
  public static void writeMillis(JsonGenerator json, String name, Duration duration) {
    json.writeNumberProperty(name, Math.round(duration.toNanos() / 1e3) / 1e3);
  }

  /** A property that is a number, or null where JSON has no such number. */
  public static void writeNumber(JsonGenerator json, String name, double number) {
    json.writeName(name);
    writeNumber(json, number);
  }

  /** A number, or null where JSON has no such number. */
  public static void writeNumber(JsonGenerator json, double number) {
    if (Double.isFinite(number)) {
      json.writeNumber(number);
    } else {
      json.writeNull();
    }
  }
}
