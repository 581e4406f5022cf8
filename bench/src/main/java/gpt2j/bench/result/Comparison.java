package gpt2j.bench.result;

import java.util.List;

/**
 * Two cases side by side.
 *
 * @param a the first side's case
 * @param b the second side's
 * @param ratios figure by figure
 */
public record Comparison(BenchmarkCase a, BenchmarkCase b, List<Ratio> ratios) {
  public Comparison {
    ratios = List.copyOf(ratios);
  }

  /**
   * One figure of two sides.
   *
   * @param metric which, as tables show it
   * @param unit of {@code a} and {@code b}
   * @param a median of the first side
   * @param b median of the second side
   * @param ratio how many times as fast b is as a, whatever the unit: above 1, b is faster
   * @param low lower end of the ratio's 95 % confidence interval
   * @param high its upper end
   */
  public record Ratio(
      String metric, String unit, double a, double b, double ratio, double low, double high) {}
}
