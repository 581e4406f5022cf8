package gpt2j.model.gpt2;

import java.time.Duration;
import java.util.List;

/**
 * How long a completion took. Each time is taken after the device has finished the work and the
 * token has been read. Completions of one batch share their time.
 *
 * @param prefill evaluation of the prompts
 * @param timeToFirstToken TTFT: from the start of the generation, before encoding the prompts,
 *     until the first token was read; zero when none was drawn
 * @param steps for each further token, from the beginning of its step until it was read; what the
 *     caller does between steps is not in it
 */
public record Timings(Duration prefill, Duration timeToFirstToken, List<Duration> steps) {
  public Timings {
    steps = List.copyOf(steps);
  }

  /** The sum of all steps. */
  public Duration decode() {
    return steps.stream().reduce(Duration.ZERO, Duration::plus);
  }

  /** TPOT: the median of all steps; zero when there is none. */
  public Duration timePerOutputToken() {
    if (steps.isEmpty()) {
      return Duration.ZERO;
    }
    List<Duration> sorted = steps.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : sorted.get(middle - 1).plus(sorted.get(middle)).dividedBy(2);
  }

  /** Steps per second of {@link #decode}; 0 when there is none. */
  public double tokensPerSecond() {
    return steps.isEmpty() ? 0 : steps.size() * 1e9 / Math.max(1, decode().toNanos());
  }
}
