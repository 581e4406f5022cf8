package gpt2j.cli.train;

import gpt2j.cli.io.JsonLine;
import gpt2j.cli.options.Choice;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.training.run.Evaluation;
import gpt2j.model.gpt2.training.run.Outcome;
import gpt2j.model.gpt2.training.run.RunState;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;

/** What came of a training run, as standard output has it. */
final class TrainReport {
  private TrainReport() {}

  static String text(Outcome outcome, TrainSubject subject) {
    List<String> lines = new ArrayList<>();
    RunState state = outcome.state();
    lines.add("model: " + subject.model());
    lines.add("data: " + subject.data());
    lines.add("ended: " + Choice.lowerCase(outcome.end()));
    lines.add("step: " + state.step());
    state.last().ifPresent(last -> lines.add("validation loss: " + loss(last, subject)));
    outcome.checkpoint().ifPresent(path -> lines.add("checkpoint: " + path));
    state.best().ifPresent(best -> lines.add("best validation loss: " + loss(best, subject)));
    outcome.best().ifPresent(path -> lines.add("best checkpoint: " + path));
    return String.join("\n", lines);
  }

  private static String loss(Evaluation evaluation, TrainSubject subject) {
    return String.format(Locale.ROOT, "%.4f at step %d", evaluation.loss(), evaluation.step())
        + subject.beside(evaluation.loss());
  }

  static String json(Outcome outcome, TrainSubject subject) {
    return Json.line(
        json -> {
          RunState state = outcome.state();
          json.writeStringProperty("data", subject.data().toString());
          json.writeNumberProperty("parameters", subject.config().parameters());
          json.writeStringProperty("ended", Choice.lowerCase(outcome.end()));
          json.writeNumberProperty("step", state.step());
          json.writeNumberProperty("tokens", state.tokens());
          json.writeNumberProperty("seconds", state.seconds());
          state.last().ifPresent(last -> write(json, "validation_loss", last));
          subject
              .perByte()
              .ifPresent(
                  known -> {
                    state
                        .last()
                        .ifPresent(
                            last ->
                                JsonLine.writeNumber(
                                    json, "validation_loss_per_byte", known.of(last.loss())));
                    json.writeNumberProperty(
                        "baseline_loss_per_byte", known.baseline().lossPerByte());
                  });
          outcome
              .checkpoint()
              .ifPresent(path -> json.writeStringProperty("checkpoint", path.toString()));
          state
              .best()
              .ifPresent(
                  best -> {
                    write(json, "best_validation_loss", best);
                    json.writeNumberProperty("best_step", best.step());
                  });
          outcome
              .best()
              .ifPresent(path -> json.writeStringProperty("best_checkpoint", path.toString()));
        });
  }

  private static void write(JsonGenerator json, String name, Evaluation evaluation) {
    JsonLine.writeNumber(json, name, evaluation.loss());
  }
}
