package gpt2j.bench.statistics;

/**
 * An estimate with its spread or its confidence interval.
 *
 * @param low lower end; NaN where there are too few samples to tell
 * @param estimate the estimate
 * @param high upper end; NaN as {@code low}
 */
public record Interval(double low, double estimate, double high) {
  /** Whether there were samples enough to tell how sure it is. */
  public boolean isKnown() {
    return !Double.isNaN(low) && !Double.isNaN(high);
  }
}
