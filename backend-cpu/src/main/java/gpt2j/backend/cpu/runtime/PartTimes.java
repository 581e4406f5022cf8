package gpt2j.backend.cpu.runtime;

import gpt2j.spi.HostProfiler;
import org.jspecify.annotations.Nullable;

/**
 * Times the parts of fused operations, while a profiler runs. Each thread times its own share of
 * the work, between kernels; where nothing is measured there is null instead of this.
 */
public final class PartTimes {
  /** Of attention: q·K. */
  public static final String SCORES = "scores";

  /** Of attention: probabilities of scores. */
  public static final String SOFTMAX = "softmax";

  /** Of attention: probabilities times V. */
  public static final String MIX = "mix";

  /** Of a product: what its results go through. */
  public static final String GELU = "gelu";

  private final HostProfiler profiler;
  private final int threads;

  /**
   * For one operation.
   *
   * @param threads that share the work
   */
  PartTimes(HostProfiler profiler, int threads) {
    this.profiler = profiler;
    this.threads = threads;
  }

  /** When a part begins; 0 when nothing is measured. */
  public static long begin(@Nullable PartTimes times) {
    return times == null ? 0 : System.nanoTime();
  }

  /** A part that began at {@code begun} has ended, and the next begins: returns when. */
  public static long end(@Nullable PartTimes times, String part, long begun) {
    if (times == null) {
      return 0;
    }
    long now = System.nanoTime();
    times.profiler.part(part, (now - begun) / times.threads);
    return now;
  }
}
