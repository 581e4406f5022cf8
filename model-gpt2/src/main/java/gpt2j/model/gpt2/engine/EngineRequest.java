package gpt2j.model.gpt2.engine;

import gpt2j.model.gpt2.FinishReason;
import gpt2j.model.gpt2.GenerationRequest;
import java.time.Duration;
import java.util.Optional;

/**
 * What an engine is asked for.
 *
 * @param generation what to generate, of one prompt
 * @param deadline time from being submitted until what hasn't ended ends with {@link
 *     FinishReason#DEADLINE}, waiting included; empty for no such end
 */
public record EngineRequest(GenerationRequest generation, Optional<Duration> deadline) {
  public EngineRequest {
    if (generation.prompts().size() != 1) {
      throw new IllegalArgumentException(
          "a request to an engine has one prompt, not " + generation.prompts().size());
    }
    deadline.ifPresent(
        time -> {
          if (time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException("a deadline must be above 0, not " + time);
          }
        });
  }

  /** A request that may take any time. */
  public static EngineRequest of(GenerationRequest generation) {
    return new EngineRequest(generation, Optional.empty());
  }

  public EngineRequest withDeadline(Duration deadline) {
    return new EngineRequest(generation, Optional.of(deadline));
  }
}
