package gpt2j.model.gpt2.training.run;

import gpt2j.model.gpt2.json.JsonRecords;
import java.time.Duration;
import java.util.Optional;

/**
 * How long a run goes on, and what it does now and then. None of it changes the losses of updates,
 * so a run may be resumed with another routine.
 *
 * @param maxSteps updates, those before a resumption included
 * @param maxTime time from now; the step under way is finished
 * @param evalInterval steps between two evaluations
 * @param evalBatches batches of the validation data in an evaluation, always the same ones
 * @param patience evaluations without a new lowest loss after which the run ends; 0 for no end
 * @param checkpointInterval steps between two checkpoints
 * @param keep how many checkpoints are kept beside the best
 * @param sample what to generate at each evaluation
 */
public record Routine(
    int maxSteps,
    Optional<Duration> maxTime,
    int evalInterval,
    int evalBatches,
    int patience,
    int checkpointInterval,
    int keep,
    Optional<Sample> sample) {
  public Routine {
    JsonRecords.check(maxSteps >= 1, "max_steps must be 1 or more, not %d", maxSteps);
    JsonRecords.check(evalInterval >= 1, "eval_interval must be 1 or more, not %d", evalInterval);
    JsonRecords.check(evalBatches >= 1, "eval_batches must be 1 or more, not %d", evalBatches);
    JsonRecords.check(patience >= 0, "patience must be 0 or more, not %d", patience);
    JsonRecords.check(
        checkpointInterval >= 1,
        "checkpoint_interval must be 1 or more, not %d",
        checkpointInterval);
    JsonRecords.check(keep >= 1, "keep must be 1 or more, not %d", keep);
  }

  /**
   * A text that is generated at each evaluation, as it is by default elsewhere: temperature 0.8,
   * the 40 most probable tokens, always the same seed.
   *
   * @param prompt tokens to go on from, at least one and fewer than the context
   * @param tokens how many to generate at most
   */
  public record Sample(java.util.List<Integer> prompt, int tokens) {
    public Sample {
      prompt = java.util.List.copyOf(prompt);
      JsonRecords.check(!prompt.isEmpty(), "sample_prompt must have a token");
      JsonRecords.check(tokens >= 1, "sample_tokens must be 1 or more, not %d", tokens);
    }
  }
}
