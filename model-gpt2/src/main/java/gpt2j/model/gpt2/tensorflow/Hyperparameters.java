package gpt2j.model.gpt2.tensorflow;

import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.json.JsonException;
import gpt2j.model.gpt2.json.JsonValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** OpenAI's {@code hparams.json}. */
final class Hyperparameters {
  static final String FILE = "hparams.json";

  private Hyperparameters() {}

  /**
   * Reads it.
   *
   * @throws FormatException when it can't be read, or isn't that of a GPT-2
   */
  static Gpt2Config read(Path folder) {
    try {
      Map<String, JsonValue> members =
          Json.readObject(Io.readSmall(folder.resolve(FILE))).members();
      return Gpt2Config.builder()
          .vocabularySize(size(members, "n_vocab", Gpt2Config.MAX_VOCABULARY_SIZE))
          .contextLength(size(members, "n_ctx", Gpt2Config.MAX_CONTEXT_LENGTH))
          .embeddingWidth(size(members, "n_embd", Gpt2Config.MAX_EMBEDDING_WIDTH))
          .heads(size(members, "n_head", Gpt2Config.MAX_EMBEDDING_WIDTH))
          .layers(size(members, "n_layer", Gpt2Config.MAX_LAYERS))
          .build();
    } catch (IllegalArgumentException | JsonException e) {
      throw new FormatException(FILE + ": " + e.getMessage());
    } catch (IOException e) {
      throw new FormatException(FILE + ": " + Io.explain(e));
    }
  }

  private static int size(Map<String, JsonValue> members, String name, int max) {
    JsonValue value = members.get(name);
    if (value instanceof JsonValue.JsonNumber(String digits) && digits.matches("\\d{1,9}")) {
      int size = Integer.parseInt(digits);
      if (size >= 1 && size <= max) {
        return size;
      }
    }
    throw new FormatException(
        "%s: %s %s"
            .formatted(
                FILE,
                name,
                value == null
                    ? "is missing"
                    : "must be an integer from 1 to %d, not %s".formatted(max, value)));
  }
}
