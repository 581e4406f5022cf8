package gpt2j.model.gpt2.data;

import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.json.JsonException;
import gpt2j.model.gpt2.json.JsonRecords;
import gpt2j.model.gpt2.json.JsonValue;
import gpt2j.model.gpt2.json.JsonValue.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code data.json} says of the shards beside it, member by member.
 *
 * @param vocabulary what kind it is: a name for people
 * @param vocabularySize one more than the largest token
 * @param endOfText the token after each document
 * @param tokenType how tokens are stored
 * @param baseline what was measured on them
 */
public record DataDescription(
    String vocabulary,
    int vocabularySize,
    int endOfText,
    TokenType tokenType,
    Part train,
    Part validation,
    Optional<Baseline> baseline) {
  public static final String FILE = "data.json";

  private static final String FORMAT = "gpt2j data";
  private static final long VERSION = 1;
  private static final int LARGEST_VOCABULARY = 1 << 20;

  public DataDescription {
    JsonRecords.check(
        vocabularySize >= 1 && vocabularySize <= LARGEST_VOCABULARY,
        "vocabulary_size must be a whole number from 1 to %d",
        LARGEST_VOCABULARY);
    JsonRecords.check(
        endOfText >= 0 && endOfText < vocabularySize,
        "end_of_text must be a whole number from 0 to %d",
        vocabularySize - 1);
    JsonRecords.check(
        tokenType == TokenType.of(vocabularySize),
        "token_type must be %s with a vocabulary of %d",
        TokenType.of(vocabularySize).label(),
        vocabularySize);
  }

  /**
   * One of the two shards.
   *
   * @param documents how many, each with an end-of-text behind it
   * @param bytes of their text in UTF-8
   * @param tokens with those that end a text
   * @param crc32c CRC-32C of the file, in hexadecimal digits
   */
  public record Part(long documents, long bytes, long tokens, String crc32c) {
    public Part {
      JsonRecords.check(documents >= 0, "documents must be 0 or more, not %d", documents);
      JsonRecords.check(bytes >= 0, "bytes must be 0 or more, not %d", bytes);
      JsonRecords.check(tokens >= 0, "tokens must be 0 or more, not %d", tokens);
      JsonRecords.check(crc32c.matches("[0-9a-f]{8}"), "crc32c must be 8 hexadecimal digits");
    }
  }

  /** The text of the file. */
  public byte[] text() {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("format", FORMAT);
    members.put("version", VERSION);
    members.putAll(((JsonObject) JsonValue.of(this)).members());
    return Json.text(members);
  }

  /**
   * Reads a file.
   *
   * @throws DataException when it isn't as {@link #text} writes it
   */
  static DataDescription read(Path file) {
    try {
      Map<String, JsonValue> members = Json.readObject(Io.readSmall(file)).members();
      if (!JsonRecords.value(members.remove("format"), String.class, "format").equals(FORMAT)) {
        throw new JsonException("format must be \"%s\"".formatted(FORMAT));
      }
      long version = JsonRecords.value(members.remove("version"), Long.class, "version");
      if (version != VERSION) { // which may have other fields
        throw new JsonException(
            "version %d is not supported, only %d; prepare the data again"
                .formatted(version, VERSION));
      }
      return JsonRecords.read(new JsonObject(members), DataDescription.class, "");
    } catch (JsonException e) {
      throw new DataException(file + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new DataException(file + ": " + Io.explain(e), e);
    }
  }
}
