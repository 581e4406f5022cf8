package gpt2j.model.gpt2.training.run;

import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.json.JsonException;
import gpt2j.model.gpt2.json.JsonRecords;
import gpt2j.model.gpt2.json.JsonValue;
import gpt2j.model.gpt2.json.JsonValue.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The file {@code training.json} of a checkpoint: how far the run had come, and what it was.
 *
 * @param data what tells the data apart from other data
 * @param hyperparameters by name
 */
record StateFile(RunState state, String data, Map<String, JsonValue> hyperparameters) {
  static final String NAME = "training.json";
  private static final int FORMAT = 1;

  /** What is in the file, member by member. */
  private record Content(
      int format,
      long step,
      long tokens,
      double seconds,
      Optional<Evaluation> lastEvaluation,
      Optional<Evaluation> bestEvaluation,
      int evaluationsSinceBest,
      String data,
      Map<String, JsonValue> recipe) {
    Content {
      check("step", step);
      check("tokens", tokens);
      check("seconds", seconds);
      lastEvaluation.ifPresent(last -> check("last_evaluation", last));
      bestEvaluation.ifPresent(best -> check("best_evaluation", best));
      check("evaluations_since_best", evaluationsSinceBest);
    }

    private static void check(String name, Evaluation evaluation) {
      check(name + ".step", evaluation.step());
      check(name + ".loss", evaluation.loss());
    }

    private static void check(String name, double value) {
      JsonRecords.check(
          value >= 0 && value < Double.POSITIVE_INFINITY,
          "%s must be a number, 0 or more, not %s",
          name,
          value);
    }
  }

  /** The text of the file. */
  byte[] text() {
    Content content =
        new Content(
            FORMAT,
            state.step(),
            state.tokens(),
            state.seconds(),
            state.last(),
            state.best(),
            state.evaluationsSinceBest(),
            data,
            hyperparameters);
    return Json.text(content);
  }

  /**
   * Reads the file of a checkpoint.
   *
   * @throws RunException when it isn't as {@link #text} writes it
   */
  static StateFile read(Path checkpoint) {
    Path file = checkpoint.resolve(NAME);
    try {
      JsonObject json = Json.readObject(Io.readSmall(file));
      int format = JsonRecords.value(json.members().get("format"), Integer.class, "format");
      if (format != FORMAT) {
        throw new JsonException("has format %d, this version reads %d".formatted(format, FORMAT));
      }
      Content content = JsonRecords.read(json, Content.class, "");
      RunState state =
          new RunState(
              content.step(),
              content.tokens(),
              content.seconds(),
              content.lastEvaluation(),
              content.bestEvaluation(),
              content.evaluationsSinceBest());
      return new StateFile(state, content.data(), content.recipe());
    } catch (IOException e) {
      throw new RunException(file, Io.explain(e));
    } catch (JsonException e) {
      throw new RunException(file, e.getMessage());
    }
  }
}
