package gpt2j.model.gpt2.data;

import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.json.JsonException;
import gpt2j.model.gpt2.json.JsonValue;
import gpt2j.model.gpt2.json.JsonValue.JsonNumber;
import gpt2j.model.gpt2.json.JsonValue.JsonObject;
import gpt2j.model.gpt2.json.JsonValue.JsonString;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * What {@code data.json} says of the shards beside it.
 *
 * @param vocabulary what kind it is: a name for people
 * @param vocabularySize one more than the largest token
 * @param endOfText the token after each document
 * @param type how tokens are stored
 * @param baseline what was measured on them; null when nothing was
 */
public record DataDescription(
    String vocabulary,
    int vocabularySize,
    int endOfText,
    TokenType type,
    Part train,
    Part validation,
    @Nullable Baseline baseline) {
  public static final String FILE = "data.json";
  private static final String FORMAT = "gpt2j data";
  private static final long VERSION = 1;
  private static final int LARGEST_VOCABULARY = 1 << 20;

  /**
   * One of the two shards.
   *
   * @param documents how many, each with an end-of-text behind it
   * @param bytes of their text in UTF-8
   * @param tokens with those that end a text
   * @param checksum CRC-32C of the file
   */
  public record Part(long documents, long bytes, long tokens, int checksum) {}

  public byte[] text() {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try (JsonGenerator json = Json.indentedGenerator(text)) {
      json.writeStartObject();
      json.writeStringProperty("format", FORMAT);
      json.writeNumberProperty("version", VERSION);
      json.writeStringProperty("vocabulary", vocabulary);
      json.writeNumberProperty("vocabulary_size", vocabularySize);
      json.writeNumberProperty("end_of_text", endOfText);
      json.writeStringProperty("token_type", type.label());
      write(json, "train", train);
      write(json, "validation", validation);
      if (baseline != null) {
        json.writeName("baseline");
        json.writeStartObject();
        json.writeNumberProperty("order", baseline.order());
        json.writeNumberProperty("loss_per_byte", baseline.lossPerByte());
        json.writeEndObject();
      }
      json.writeEndObject();
    }
    text.write('\n');
    return text.toByteArray();
  }

  private static void write(JsonGenerator json, String name, Part part) {
    json.writeName(name);
    json.writeStartObject();
    json.writeNumberProperty("documents", part.documents());
    json.writeNumberProperty("bytes", part.bytes());
    json.writeNumberProperty("tokens", part.tokens());
    json.writeStringProperty("crc32c", HexFormat.of().toHexDigits(part.checksum()));
    json.writeEndObject();
  }

  /**
   * Reads a file.
   *
   * @throws DataException when it isn't as {@link #text} writes it
   */
  static DataDescription read(Path file) {
    try {
      Fields fields = new Fields("", Json.readObject(Io.readSmall(file)));
      DataDescription description = read(fields);
      fields.requireNoOther();
      return description;
    } catch (JsonException e) {
      throw new DataException(file + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new DataException(file + ": " + Io.explain(e), e);
    }
  }

  private static DataDescription read(Fields fields) {
    String format = fields.string("format");
    if (!format.equals(FORMAT)) {
      throw new JsonException("format must be \"%s\"".formatted(FORMAT));
    }
    long version = fields.integer("version", 1, Long.MAX_VALUE);
    if (version != VERSION) {
      throw new JsonException(
          "version %d is not supported, only %d; prepare the data again"
              .formatted(version, VERSION));
    }
    String vocabulary = fields.string("vocabulary");
    int size = (int) fields.integer("vocabulary_size", 1, LARGEST_VOCABULARY);
    int endOfText = (int) fields.integer("end_of_text", 0, size - 1L);
    TokenType type = fields.type("token_type");
    if (type != TokenType.of(size)) {
      throw new JsonException(
          "token_type must be %s with a vocabulary of %d"
              .formatted(TokenType.of(size).label(), size));
    }
    return new DataDescription(
        vocabulary,
        size,
        endOfText,
        type,
        fields.part("train"),
        fields.part("validation"),
        fields.baseline("baseline"));
  }

  /** The fields of an object, each to be asked for once. */
  private record Fields(String path, Map<String, JsonValue> rest) {
    Fields(String path, JsonObject object) {
      this(path, new LinkedHashMap<>(object.members()));
    }

    private JsonValue value(String name) {
      JsonValue value = rest.remove(name);
      if (value == null) {
        throw new JsonException(path + name + " is missing");
      }
      return value;
    }

    String string(String name) {
      if (value(name) instanceof JsonString(String text)) {
        return text;
      }
      throw new JsonException(path + name + " must be a string");
    }

    long integer(String name, long least, long most) {
      if (value(name) instanceof JsonNumber number
          && number.integer().isPresent()
          && number.integer().getAsLong() >= least
          && number.integer().getAsLong() <= most) {
        return number.integer().getAsLong();
      }
      throw new JsonException(
          "%s%s must be a whole number from %d to %d".formatted(path, name, least, most));
    }

    TokenType type(String name) {
      String text = string(name);
      return Arrays.stream(TokenType.values())
          .filter(type -> type.label().equals(text))
          .findFirst()
          .orElseThrow(
              () ->
                  new JsonException(
                      path
                          + name
                          + " must be "
                          + Arrays.stream(TokenType.values())
                              .map(TokenType::label)
                              .collect(Collectors.joining(" or "))));
    }

    private Fields object(String name) {
      if (value(name) instanceof JsonObject object) {
        return new Fields(name + ".", object);
      }
      throw new JsonException(path + name + " must be an object");
    }

    Part part(String name) {
      Fields fields = object(name);
      Part part =
          new Part(
              fields.integer("documents", 0, Long.MAX_VALUE),
              fields.integer("bytes", 0, Long.MAX_VALUE),
              fields.integer("tokens", 0, Long.MAX_VALUE),
              fields.checksum("crc32c"));
      fields.requireNoOther();
      return part;
    }

    @Nullable Baseline baseline(String name) {
      if (!rest.containsKey(name)) {
        return null;
      }
      Fields fields = object(name);
      Baseline baseline =
          new Baseline(
              (int) fields.integer("order", 0, MarkovChain.MOST_ORDER),
              fields.loss("loss_per_byte"));
      fields.requireNoOther();
      return baseline;
    }

    private double loss(String name) {
      if (value(name) instanceof JsonNumber number
          && Double.isFinite(number.number())
          && number.number() >= 0) {
        return number.number();
      }
      throw new JsonException(path + name + " must be a number, 0 or more");
    }

    private int checksum(String name) {
      String digits = string(name);
      if (!digits.matches("[0-9a-f]{8}")) {
        throw new JsonException(path + name + " must be 8 hexadecimal digits");
      }
      return HexFormat.fromHexDigits(digits);
    }

    void requireNoOther() {
      if (!rest.isEmpty()) {
        String name = Json.printable(rest.keySet().iterator().next());
        throw new JsonException(path + name + " is unknown");
      }
    }
  }
}
