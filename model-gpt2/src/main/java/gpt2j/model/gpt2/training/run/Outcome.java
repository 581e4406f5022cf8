package gpt2j.model.gpt2.training.run;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How a run ended.
 *
 * @param checkpoint the last one; none when the run was interrupted before its first update
 * @param best the checkpoint with the lowest loss on the validation data, where there is one
 */
public record Outcome(End end, RunState state, Optional<Path> checkpoint, Optional<Path> best) {
  /** Why a run ends. */
  public enum End {
    /** All steps are done. */
    STEPS,
    /** The time is over. */
    TIME,
    /** The loss on the validation data has not gone down for long enough. */
    PATIENCE,
    /** It was asked to stop. */
    INTERRUPTED
  }
}
