package gpt2j.model.gpt2.training.run;

import java.nio.file.Path;

/** What happens in a run. */
public sealed interface RunEvent {
  /** Updates done when it happened. */
  long step();

  /**
   * An update.
   *
   * @param step its number, counted from 1
   * @param loss mean negative log-probability of a token of its batches, before the update
   * @param learningRate with which it was made
   * @param gradientNorm before clipping
   * @param tokens whose losses it took in
   * @param seconds that it took
   * @param peakFraction its arithmetic per second as a share of what a large product of matrices
   *     reaches on the same backend
   */
  record Updated(
      long step,
      double loss,
      double learningRate,
      double gradientNorm,
      long tokens,
      double seconds,
      double peakFraction)
      implements RunEvent {
    /** How many tokens a second. */
    public double tokensPerSecond() {
      return tokens / seconds;
    }
  }

  /**
   * An evaluation.
   *
   * @param loss on the validation data
   * @param best whether no evaluation had a lower one
   */
  record Evaluated(long step, double loss, boolean best) implements RunEvent {}

  /** A text was generated. */
  record Sampled(long step, String text) implements RunEvent {}

  /** Something odd about the checkpoint that the run begins with, before its first step. */
  record Noted(long step, String note) implements RunEvent {}

  /** A checkpoint is complete. */
  record Saved(long step, Path directory) implements RunEvent {}
}
