package gpt2j.cli.io;

import gpt2j.model.gpt2.json.Json;
import java.time.Duration;
import java.util.stream.IntStream;
import tools.jackson.core.JsonGenerator;

/** Writes values into JSON objects of one line. */
public final class JsonLine {
  private JsonLine() {}

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
    Json.writeNumber(json, number);
  }
}
