package gpt2j.cli.train;

import gpt2j.cli.options.Arguments;
import gpt2j.cli.options.Arguments.Flag;
import gpt2j.cli.options.Quantity;
import gpt2j.model.gpt2.training.run.Routine;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How long training goes on, and what is done now and then. */
final class TrainCourseOptions {
  @Option(
      names = "--max-steps",
      paramLabel = "N",
      description = "Updates of the weights, those before --resume included. Default: 5000.")
  private int maxSteps = 5000;

  @Option(
      names = "--max-time",
      paramLabel = "TIME",
      converter = Quantity.Time.class,
      description = "Time from now after which to end, as in 90s, 15m or 2h.")
  private @Nullable Duration maxTime;

  @Option(
      names = "--eval-interval",
      paramLabel = "N",
      description = "Steps between two evaluations on the validation data. Default: 250.")
  private int evalInterval = 250;

  @Option(
      names = "--eval-batches",
      paramLabel = "N",
      description =
          "Batches of an evaluation, always the same; all of the data when it has no more."
              + " Default: 20.")
  private int evalBatches = 20;

  @Option(
      names = "--patience",
      paramLabel = "N",
      converter = Quantity.CountOrZero.class,
      description =
          "End after N evaluations without a new lowest validation loss. Default: 0, never.")
  private int patience;

  @Option(
      names = "--checkpoint-interval",
      paramLabel = "N",
      description =
          "Steps between two checkpoints; there is one for each lowest validation loss, too."
              + " Default: --eval-interval.")
  private @Nullable Integer checkpointInterval;

  @Option(
      names = "--keep",
      paramLabel = "N",
      description = "How many checkpoints to keep, beside the best. Default: 2.")
  private int keep = 2;

  @Option(
      names = "--sample-prompt",
      paramLabel = "TEXT",
      converter = Arguments.Text.class,
      description = "A text to go on from at each evaluation; names of special tokens are these.")
  private @Nullable String samplePrompt;

  @Option(
      names = "--sample-tokens",
      paramLabel = "N",
      description = "Tokens to generate then. Default: 50.")
  private int sampleTokens = 50;

  @Option(
      names = "--plot",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "true|false",
      converter = Flag.class,
      description =
          "Draw the losses as loss.png in the run's directory, every minute and at the end.")
  private boolean plot;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of new weights, batches and dropout. Default: 0.")
  private long seed;

  int maxSteps() {
    return maxSteps;
  }

  Optional<String> samplePrompt() {
    return Optional.ofNullable(samplePrompt);
  }

  boolean plot() {
    return plot;
  }

  long seed() {
    return seed;
  }

  /**
   * The options' values.
   *
   * @param prompt the tokens of the text to go on from
   */
  Routine routine(Optional<List<Integer>> prompt) {
    return new Routine(
        maxSteps,
        Optional.ofNullable(maxTime),
        evalInterval,
        evalBatches,
        patience,
        checkpointInterval == null ? evalInterval : checkpointInterval,
        keep,
        prompt.map(tokens -> new Routine.Sample(tokens, sampleTokens)));
  }

  /** Adds the settings that a later run can be given. */
  void addTo(Map<String, Object> settings) {
    settings.put("max_steps", maxSteps);
    if (maxTime != null) {
      settings.put("max_time", Quantity.Time.text(maxTime));
    }
    settings.put("eval_interval", evalInterval);
    settings.put("eval_batches", evalBatches);
    settings.put("patience", patience);
    settings.put(
        "checkpoint_interval", checkpointInterval == null ? evalInterval : checkpointInterval);
    settings.put("keep", keep);
    if (samplePrompt != null) {
      settings.put("sample_prompt", samplePrompt);
    }
    settings.put("sample_tokens", sampleTokens);
    settings.put("plot", plot);
  }
}
