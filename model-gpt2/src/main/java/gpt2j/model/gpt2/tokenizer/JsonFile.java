package gpt2j.model.gpt2.tokenizer;

import gpt2j.model.gpt2.json.Json;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamContext;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads a JSON file value by value, each as the type it must have. Whatever is wrong ends in a
 * {@link TokenizerException} that names the file and the place.
 */
final class JsonFile {
  /**
   * A vocabulary has as many names as tokens, each but once: a table of names would only cost, and
   * whether a name is there twice comes out as they are put into a map.
   */
  private static final JsonFactory FACTORY =
      JsonFactory.builder().disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES).build();

  private final String name;
  private final JsonParser parser;

  private JsonFile(String name, JsonParser parser) {
    this.name = name;
    this.parser = parser;
  }

  /** What {@code body} makes of the one value in a UTF-8 text. */
  static <T> T read(String name, byte[] utf8, Function<JsonFile, T> body) {
    CharBuffer text = decode(name, utf8);
    try (JsonParser parser =
        FACTORY.createParser(
            ObjectReadContext.empty(), text.array(), text.arrayOffset(), text.remaining())) {
      JsonFile json = new JsonFile(name, parser);
      if (parser.nextToken() == null) {
        throw new TokenizerException(name + ": is empty");
      }
      T result = body.apply(json);
      if (parser.nextToken() != null) {
        throw new TokenizerException(name + ": has more text after its JSON object");
      }
      return result;
    } catch (JacksonException e) {
      throw new TokenizerException(name + ": " + Json.explain(e).getMessage(), e);
    }
  }

  /**
   * The text that is UTF-8 in a file.
   *
   * @param name names the file in error messages
   */
  static CharBuffer decode(String name, byte[] text) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text));
    } catch (CharacterCodingException e) {
      throw new TokenizerException(name + ": is not UTF-8", e);
    }
  }

  /** Hands over the name of each field of an object; {@code field} has to read its value. */
  void object(Consumer<String> field) {
    expect(JsonToken.START_OBJECT, "an object");
    Set<String> seen = new HashSet<>();
    entries(
        key -> {
          if (!seen.add(key)) {
            throw error("is there twice");
          }
          field.accept(key);
        });
  }

  /** As {@link #object}, but leaves it to {@code entry} to find names that are there twice. */
  void entries(Consumer<String> entry) {
    expect(JsonToken.START_OBJECT, "an object");
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      parser.nextToken();
      entry.accept(key);
    }
  }

  /** Runs {@code element}, which has to read a value, for each element of an array. */
  void array(Runnable element) {
    expect(JsonToken.START_ARRAY, "an array");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      element.run();
    }
  }

  String string() {
    expect(JsonToken.VALUE_STRING, "a string");
    String text = parser.getString();
    // In names the parser finds it itself.
    if (!text.equals(WellFormed.of(text))) {
      throw error("holds an unpaired surrogate");
    }
    return text;
  }

  boolean bool() {
    boolean value = is(JsonToken.VALUE_TRUE);
    if (!value) {
      expect(JsonToken.VALUE_FALSE, "true or false");
    }
    return value;
  }

  /** An integer from 0 to {@code largest}. */
  int integer(int largest) {
    expect(JsonToken.VALUE_NUMBER_INT, "an integer");
    if (parser.getNumberType() == JsonParser.NumberType.INT) {
      int value = parser.getIntValue();
      if (value >= 0 && value <= largest) {
        return value;
      }
    }
    throw error("must be from 0 to " + largest);
  }

  boolean isString() {
    return is(JsonToken.VALUE_STRING);
  }

  boolean isObject() {
    return is(JsonToken.START_OBJECT);
  }

  boolean isArray() {
    return is(JsonToken.START_ARRAY);
  }

  boolean isBool() {
    return is(JsonToken.VALUE_TRUE) || is(JsonToken.VALUE_FALSE);
  }

  boolean isNull() {
    return is(JsonToken.VALUE_NULL);
  }

  /** Whether the value says no: null, false, zero, or empty text. */
  boolean isOff() {
    return isNull()
        || is(JsonToken.VALUE_FALSE)
        || isString() && parser.getString().isEmpty()
        || is(JsonToken.VALUE_NUMBER_INT) && parser.getString().equals("0")
        || is(JsonToken.VALUE_NUMBER_FLOAT) && parser.getString().equals("0.0");
  }

  /** Passes over a setting that must be off, as what it asks for isn't supported. */
  void refuseUnlessOff() {
    if (!isOff()) {
      throw error(shown() + " is not supported");
    }
  }

  /** Passes over the value. */
  void skip() {
    parser.skipChildren();
  }

  /** An error at the value that is being read. */
  TokenizerException error(String message) {
    String path = path(parser.streamReadContext());
    return new TokenizerException(name + ": " + (path.isEmpty() ? "" : path + " ") + message);
  }

  /** The value, for messages. */
  String shown() {
    return isObject() ? "{…}" : isArray() ? "[…]" : Json.printable(parser.getString());
  }

  /** The name of the file. */
  String name() {
    return name;
  }

  /** An error at the file as a whole. */
  TokenizerException errorInFile(String message) {
    return new TokenizerException(name + ": " + message);
  }

  private boolean is(JsonToken token) {
    return parser.hasToken(token);
  }

  private void expect(JsonToken token, String description) {
    if (!is(token)) {
      throw error("must be " + description);
    }
  }

  /** As {@code model.merges[3]}. */
  private static String path(@Nullable TokenStreamContext context) {
    if (context == null || context.inRoot()) {
      return "";
    }
    // At the start of an object or array the context is inside it already, before its first value.
    String parent = path(context.getParent());
    if (context.inArray()) {
      return context.hasCurrentIndex() ? parent + "[" + context.getCurrentIndex() + "]" : parent;
    }
    String key = context.currentName();
    if (key == null) {
      return parent;
    }
    String step = key.matches("\\w{1,60}") ? key : TokenizerException.quote(key);
    return parent.isEmpty() ? step : parent + "." + step;
  }
}
