package gpt2j.bench.result;

import java.util.List;

/**
 * One repetition of one case. All stamps are taken after the device has finished.
 *
 * @param prefillNanos from the request until the prompts are evaluated; prompts are given as tokens
 * @param firstTokenNanos TTFT: from the request until the first token of every sequence was read;
 *     includes {@code prefillNanos}
 * @param stepNanos for each further token, the interval between it and the one before (TPOT): as
 *     many as {@link BenchmarkCase#newTokens} − 1
 */
public record GenerationSample(long prefillNanos, long firstTokenNanos, List<Long> stepNanos) {
  public GenerationSample {
    stepNanos = List.copyOf(stepNanos);
  }

  /** From the first token to the last. */
  public long decodeNanos() {
    return stepNanos.stream().mapToLong(Long::longValue).sum();
  }

  /** From the request to the last token: prefill and decode. */
  public long totalNanos() {
    return firstTokenNanos + decodeNanos();
  }
}
