package gpt2j.model.gpt2.training.run;

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
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/**
 * The file {@code training.json} of a checkpoint: how far the run had come, and what it was.
 *
 * @param data what tells the data apart from other data
 * @param hyperparameters by name
 */
record StateFile(RunState state, String data, Map<String, JsonValue> hyperparameters) {
  static final String NAME = "training.json";
  private static final int FORMAT = 1;

  /** The text of the file. */
  byte[] text() {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try (JsonGenerator json = Json.indentedGenerator(text)) {
      json.writeStartObject();
      json.writeNumberProperty("format", FORMAT);
      json.writeNumberProperty("step", state.step());
      json.writeNumberProperty("tokens", state.tokens());
      json.writeNumberProperty("seconds", state.seconds());
      write(json, "last_evaluation", state.last());
      write(json, "best_evaluation", state.best());
      json.writeNumberProperty("evaluations_since_best", state.evaluationsSinceBest());
      json.writeStringProperty("data", data);
      json.writeObjectPropertyStart("recipe");
      hyperparameters.forEach(
          (name, value) -> {
            json.writeName(name);
            json.writeRawValue(value.toString());
          });
      json.writeEndObject();
      json.writeEndObject();
    }
    text.write('\n');
    return text.toByteArray();
  }

  private static void write(JsonGenerator json, String name, Optional<Evaluation> evaluation) {
    evaluation.ifPresent(
        e -> {
          json.writeObjectPropertyStart(name);
          json.writeNumberProperty("step", e.step());
          json.writeNumberProperty("loss", e.loss());
          json.writeEndObject();
        });
  }

  /**
   * Reads the file of a checkpoint.
   *
   * @throws RunException when it isn't as {@link #text} writes it
   */
  static StateFile read(Path checkpoint) {
    Path file = checkpoint.resolve(NAME);
    try {
      return new Reader(file).read(Json.readObject(Io.readSmall(file)));
    } catch (IOException e) {
      throw new RunException(file, Io.explain(e));
    } catch (JsonException e) {
      throw new RunException(file, e.getMessage());
    }
  }

  /** Takes the members out of an object. */
  private record Reader(Path file) {
    StateFile read(JsonObject object) {
      long format = whole(object, "format");
      if (format != FORMAT) {
        throw new RunException(
            file, "has format %d, this version reads %d".formatted(format, FORMAT));
      }
      RunState state =
          new RunState(
              whole(object, "step"),
              whole(object, "tokens"),
              measure(object, "seconds"),
              evaluation(object, "last_evaluation"),
              evaluation(object, "best_evaluation"),
              (int) whole(object, "evaluations_since_best"));
      if (!(object.members().get("data") instanceof JsonString(String data))) {
        throw missing("data");
      }
      if (!(object.members().get("recipe")
          instanceof JsonObject(Map<String, JsonValue> hyperparameters))) {
        throw missing("recipe");
      }
      return new StateFile(state, data, hyperparameters);
    }

    private Optional<Evaluation> evaluation(JsonObject object, String name) {
      return switch (object.members().get(name)) {
        case null -> Optional.empty();
        case JsonObject e -> Optional.of(new Evaluation(whole(e, "step"), measure(e, "loss")));
        default -> throw missing(name);
      };
    }

    private long whole(JsonObject object, String name) {
      long value = number(object, name).integer().orElseThrow(() -> missing(name));
      if (value < 0) {
        throw missing(name);
      }
      return value;
    }

    /** Neither negative nor too large for a double. */
    private double measure(JsonObject object, String name) {
      double value = number(object, name).number();
      if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
        throw missing(name);
      }
      return value;
    }

    private JsonNumber number(JsonObject object, String name) {
      if (object.members().get(name) instanceof JsonNumber number) {
        return number;
      }
      throw missing(name);
    }

    private RunException missing(String name) {
      return new RunException(file, "has no proper " + name);
    }
  }
}
