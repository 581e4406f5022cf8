package gpt2j.model.gpt2.json;

import gpt2j.model.gpt2.json.JsonValue.JsonArray;
import gpt2j.model.gpt2.json.JsonValue.JsonBoolean;
import gpt2j.model.gpt2.json.JsonValue.JsonNull;
import gpt2j.model.gpt2.json.JsonValue.JsonNumber;
import gpt2j.model.gpt2.json.JsonValue.JsonObject;
import gpt2j.model.gpt2.json.JsonValue.JsonString;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.PrettyPrinter;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.core.util.Separators.Spacing;

/** Reads JSON strictly, and writes it. */
public final class Json {
  private static final int MAX_DEPTH = 64;
  private static final int MAX_SHOWN = 80;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(Integer.MAX_VALUE) // a caller bounds the document
                  .build())
          .build();

  private Json() {}

  /**
   * A parser of a UTF-8 text. What it throws, {@link #explain} turns into a line.
   *
   * @param text the text, which the caller has bounded in length
   */
  public static JsonParser parser(byte[] text) {
    // Given bytes, the library would guess among UTF-8, UTF-16 and UTF-32.
    var decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    return FACTORY.createParser(
        ObjectReadContext.empty(), new InputStreamReader(new ByteArrayInputStream(text), decoder));
  }

  /**
   * Reads a document that is one object.
   *
   * @throws JsonException when it isn't
   */
  public static JsonObject readObject(byte[] text) {
    try (JsonParser parser = parser(text)) {
      JsonToken first = parser.nextToken();
      if (first != JsonToken.START_OBJECT) {
        throw new JsonException(first == null ? "is empty" : "is not a JSON object");
      }
      JsonObject object = object(parser);
      expectEnd(parser);
      return object;
    } catch (JacksonException e) {
      throw explain(e);
    }
  }

  /**
   * Checks that nothing but blanks is left.
   *
   * @throws JsonException when there is more
   */
  public static void expectEnd(JsonParser parser) {
    if (parser.nextToken() != null) {
      throw new JsonException("has more text after its JSON object");
    }
  }

  /** A generator of UTF-8 text without blanks. */
  public static JsonGenerator generator(OutputStream out) {
    return FACTORY.createGenerator(ObjectWriteContext.empty(), out);
  }

  /** An object in UTF-8 without blanks and line breaks, whose members {@code members} writes. */
  public static String line(Consumer<JsonGenerator> members) {
    return new String(object(Json::generator, members), StandardCharsets.UTF_8);
  }

  /**
   * The content of a file that holds an object, one member to a line, for people to read.
   *
   * @param object a record or a map, as {@link JsonValue#of} takes them
   */
  public static byte[] text(Object object) {
    return text(json -> writeMembers(json, (JsonObject) JsonValue.of(object)));
  }

  /** The same, {@code members} writing the object's. */
  public static byte[] text(Consumer<JsonGenerator> members) {
    byte[] object = object(Json::indentedGenerator, members);
    byte[] line = Arrays.copyOf(object, object.length + 1);
    line[object.length] = '\n';
    return line;
  }

  private static byte[] object(
      Function<OutputStream, JsonGenerator> generator, Consumer<JsonGenerator> members) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try (JsonGenerator json = generator.apply(text)) {
      json.writeStartObject();
      members.accept(json);
      json.writeEndObject();
    }
    return text.toByteArray();
  }

  private static void writeMembers(JsonGenerator json, JsonObject object) {
    object
        .members()
        .forEach(
            (name, value) -> {
              json.writeName(name);
              write(json, value);
            });
  }

  private static void write(JsonGenerator json, JsonValue value) {
    switch (value) {
      case JsonObject object -> {
        json.writeStartObject();
        writeMembers(json, object);
        json.writeEndObject();
      }
      case JsonArray(List<JsonValue> elements) -> {
        json.writeStartArray();
        elements.forEach(element -> write(json, element));
        json.writeEndArray();
      }
      case JsonString(String text) -> json.writeString(text);
      case JsonNumber(String digits) -> json.writeRawValue(digits);
      case JsonBoolean(boolean flag) -> json.writeBoolean(flag);
      case JsonNull _ -> json.writeNull();
    }
  }

  /** Writes a number, or null where JSON has no such number: no infinity and no NaN. */
  public static void writeNumber(JsonGenerator json, double number) {
    if (Double.isFinite(number)) {
      json.writeNumber(number);
    } else {
      json.writeNull();
    }
  }

  /** A generator of UTF-8 text with one member to a line, for people to read. */
  public static JsonGenerator indentedGenerator(OutputStream out) {
    var separators = Separators.createDefaultInstance().withObjectNameValueSpacing(Spacing.AFTER);
    var printer =
        new DefaultPrettyPrinter(separators)
            .withObjectIndenter(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE.withLinefeed("\n"));
    return FACTORY.createGenerator(
        new ObjectWriteContext.Base() {
          @Override
          public PrettyPrinter getPrettyPrinter() {
            return printer;
          }
        },
        out);
  }

  /** What the parser says, in one line. */
  public static JsonException explain(JacksonException e) {
    if (e.getCause() instanceof CharacterCodingException) {
      return new JsonException("is not UTF-8", e);
    }
    long position = e.getLocation() == null ? -1 : e.getLocation().getCharOffset();
    String where = position < 0 ? "" : " at character " + position;
    String what =
        String.valueOf(e.getOriginalMessage())
            .replaceAll("\\s+", " ")
            .replaceAll(" \\(start marker at \\[Source: .*?\\]\\)", "")
            // what only a programmer could follow
            .replaceAll(", from `[^`]*`", "")
            .replaceAll(": enable `JsonReadFeature\\.\\w+` to allow", " is not allowed");
    return new JsonException("is not valid JSON" + where + ": " + shorten(what, 200), e);
  }

  /** The text without line breaks and other control characters, cut when long, for messages. */
  public static String printable(String text) {
    return shorten(text, MAX_SHOWN);
  }

  private static String shorten(String text, int length) {
    StringBuilder shown = new StringBuilder(Math.min(text.length(), length));
    for (int i = 0; i < text.length(); i++) {
      if (shown.length() >= length) {
        return shown.append('…').toString();
      }
      char c = text.charAt(i);
      boolean plain =
          !Character.isISOControl(c)
              && !Character.isSurrogate(c)
              && Character.getType(c) != Character.FORMAT
              && Character.getType(c) != Character.LINE_SEPARATOR
              && Character.getType(c) != Character.PARAGRAPH_SEPARATOR;
      shown.append(plain ? c : '\uFFFD');
    }
    return shown.toString();
  }

  private static JsonValue value(JsonParser parser, @Nullable JsonToken token) {
    return switch (token) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> array(parser);
      case VALUE_STRING -> new JsonString(parser.getString());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new JsonNumber(parser.getString());
      case VALUE_TRUE -> new JsonBoolean(true);
      case VALUE_FALSE -> new JsonBoolean(false);
      case VALUE_NULL -> new JsonNull();
      case null, default -> throw new JsonException("is not valid JSON: it ends too early");
    };
  }

  private static JsonObject object(JsonParser parser) {
    Map<String, JsonValue> members = new LinkedHashMap<>();
    for (String name = parser.nextName(); name != null; name = parser.nextName()) {
      members.put(name, value(parser, parser.nextToken()));
    }
    return new JsonObject(members);
  }

  private static JsonArray array(JsonParser parser) {
    List<JsonValue> elements = new ArrayList<>();
    for (JsonToken token = parser.nextToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      elements.add(value(parser, token));
    }
    return new JsonArray(elements);
  }
}
